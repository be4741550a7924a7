import { currentSession } from '../../../ops/session.ts'
import { GateCard } from '../../../ops/ui/gate-card.tsx'
import { SetupForm } from '../../../ops/ui/setup-form.tsx'
import { LINKS } from '../links.ts'

export const metadata = { title: 'Set up · Switchyard' }

const FIRST = {
  title: 'Create the first operator',
  lead: 'Operators sign in here to release and to roll back. This link works once.',
  action: 'Create the first operator',
}

const FURTHER = {
  title: 'Create an operator',
  lead: 'This link works once. With the email address of an operator who exists, it sets a new name and password.',
  action: 'Create the operator',
}

/** Where the one-time link leads: the first time, and again for another operator or a lost password. */
export default async function SetupPage() {
  const session = await currentSession()
  const { title, lead, action } = session?.isSetUp ? FURTHER : FIRST
  return (
    <GateCard title={title} lead={lead}>
      <SetupForm home={LINKS.home} signIn={session?.isSetUp ? LINKS.signIn : null} action={action} />
    </GateCard>
  )
}
