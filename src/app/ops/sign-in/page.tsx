import { redirect } from 'next/navigation'
import { returnPath } from '../../../ops/return-path.ts'
import { currentSession } from '../../../ops/session.ts'
import { GateCard } from '../../../ops/ui/gate-card.tsx'
import { SignInForm } from '../../../ops/ui/sign-in-form.tsx'

type Props = { searchParams: Promise<{ next?: string | string[] }> }

export const metadata = { title: 'Sign in · Switchyard' }

/** Sign-in, and then back to where one came from. */
export default async function SignInPage({ searchParams }: Props) {
  const returnTo = returnPath((await searchParams).next)
  const session = await currentSession()
  if (session?.operator) redirect(returnTo)
  if (session?.isSetUp === false) return <NotSetUp />
  return (
    <GateCard title="Sign in" lead="The release console of this site.">
      <SignInForm returnTo={returnTo} />
    </GateCard>
  )
}

function NotSetUp() {
  return (
    <GateCard
      title="No operator yet"
      lead={
        <>
          Open the one-time link that <code className="font-mono text-ink">npm run up</code> printed on the
          host. It creates the first operator. Run the command again for a new link; it changes nothing else.
        </>
      }
    >
      {null}
    </GateCard>
  )
}
