import { operatorsSchema, sessionsSchema } from '../../../director/operators-protocol.ts'
import { read } from '../../../ops/read.ts'
import { directorIsOlder } from '../../../ops/refusals.ts'
import { operatorOf } from '../../../ops/session.ts'
import { OperatorsPage } from '../../../ops/ui/operators/operators-page.tsx'
import { Refusal } from '../../../ops/ui/refusal.tsx'
import { ConsoleShell } from '../console-shell.tsx'
import { consoleActions, LINKS } from '../links.ts'

export const metadata = { title: 'Operators · Switchyard' }

/** Who may sign in and who has, and the way to end sessions. */
export default async function Page() {
  const operator = await operatorOf(LINKS.operators)
  const [sessions, operators] = await Promise.all([
    read(sessionsSchema, '/v1/sessions'),
    read(operatorsSchema, '/v1/operators'),
  ])
  return (
    <ConsoleShell operator={operator} current={LINKS.operators}>
      <h1 className="mb-4 text-2xl font-semibold tracking-tight">Operators</h1>
      {sessions.ok && operators.ok ? (
        <OperatorsPage
          initial={{ sessions: sessions.value.sessions, operators: operators.value.operators }}
          renderedAtMs={Date.now()}
          actions={consoleActions}
          signIn={LINKS.signIn}
          sessionEnded={LINKS.sessionEnded}
        />
      ) : (
        <Refusal error={refusalOf(sessions, operators)} />
      )}
    </ConsoleShell>
  )
}

type Read = Awaited<ReturnType<typeof read>>

function refusalOf(...outcomes: readonly Read[]) {
  const refused = outcomes.find((outcome) => !outcome.ok)
  if (refused === undefined || refused.ok || refused.error.code === 'not-found')
    return directorIsOlder('it lists no sessions')
  return refused.error
}
