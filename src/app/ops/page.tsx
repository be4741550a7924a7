import { historySchema, systemStatusSchema } from '../../director/protocol.ts'
import { read } from '../../ops/read.ts'
import { operatorOf } from '../../ops/session.ts'
import { Dashboard } from '../../ops/ui/dashboard.tsx'
import { ConsoleShell } from './console-shell.tsx'
import { consoleActions, LINKS } from './links.ts'

/** The director takes 2.5 s to look where a slot or Docker hangs. With the session's 1.5 s it stays below nginx's 5 s. */
const LOOK_MS = 3_000

/** The dashboard. It comes without the director too, and then says so. */
export default async function DashboardPage() {
  const operator = await operatorOf(LINKS.home)
  const [status, history] = await Promise.all([
    read(systemStatusSchema, '/v1/status', operator === null ? undefined : LOOK_MS),
    read(historySchema, '/v1/releases?limit=8'),
  ])
  const nowMs = Date.now()
  return (
    <ConsoleShell operator={operator} current={LINKS.home}>
      <Dashboard
        initial={status.ok ? { status: status.value, receivedAtMs: nowMs } : null}
        initialHistory={history.ok ? history.value.releases : null}
        renderedAtMs={status.ok ? Date.parse(status.value.now) : nowMs}
        actions={consoleActions}
        links={LINKS}
      />
    </ConsoleShell>
  )
}
