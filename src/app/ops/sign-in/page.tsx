import { redirect } from 'next/navigation'
import { returnPath } from '../../../ops/return-path.ts'
import { currentSession } from '../../../ops/session.ts'
import { GateCard } from '../../../ops/ui/gate-card.tsx'
import { Prose } from '../../../ops/ui/prose.tsx'
import { SignInForm } from '../../../ops/ui/sign-in-form.tsx'

type Props = { searchParams: Promise<{ next?: string | string[]; ended?: string | string[] }> }

export const metadata = { title: 'Sign in · Switchyard' }

/** Sign-in, and then back to where one came from. */
export default async function SignInPage({ searchParams }: Props) {
  const { next, ended } = await searchParams
  const returnTo = returnPath(next)
  const session = await currentSession()
  if (session?.operator) redirect(returnTo)
  if (session?.isSetUp === false) return <NotSetUp />
  return (
    <GateCard
      title="Sign in"
      lead={
        ended === undefined
          ? 'The release console of this site.'
          : 'Your session has ended. Sign in again to go on.'
      }
    >
      <SignInForm returnTo={returnTo} />
    </GateCard>
  )
}

function NotSetUp() {
  return (
    <GateCard
      title="No operator yet"
      lead={
        <Prose text="Open the one-time link that `npm run up` printed on the host. It creates the first operator. For a new link, run `switchyard setup-link` there, in the project's directory." />
      }
    >
      {null}
    </GateCard>
  )
}
