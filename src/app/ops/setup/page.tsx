import { currentSession } from '../../../ops/session.ts'
import { GateCard } from '../../../ops/ui/gate-card.tsx'
import { SetupForm } from '../../../ops/ui/setup-form.tsx'
import { LINKS } from '../links.ts'

export const metadata = { title: 'Set up · Switchyard' }

/** Where the one-time link leads. */
export default async function SetupPage() {
  const session = await currentSession()
  if (session?.isSetUp) return <AlreadySetUp />
  return (
    <GateCard
      title="Create the first operator"
      lead="Operators sign in here to release and to roll back. This link works once."
    >
      <SetupForm home={LINKS.home} signInPage={LINKS.signIn} />
    </GateCard>
  )
}

function AlreadySetUp() {
  return (
    <GateCard title="Already set up" lead="The first operator exists, so this link has done its work.">
      <a href={LINKS.signIn} className="font-medium underline underline-offset-2">
        Sign in
      </a>
    </GateCard>
  )
}
