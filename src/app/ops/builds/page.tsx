import { systemStatusSchema } from '../../../director/protocol.ts'
import { read } from '../../../ops/read.ts'
import { directorIsOlder } from '../../../ops/refusals.ts'
import { operatorOf } from '../../../ops/session.ts'
import { BuildsPage } from '../../../ops/ui/builds-page.tsx'
import { Refusal } from '../../../ops/ui/refusal.tsx'
import { pruneViewSchema } from '../../../release/prune-view.ts'
import { ConsoleShell } from '../console-shell.tsx'
import { consoleActions, LINKS } from '../links.ts'

/** The director asks Docker for every image and container. */
const LOOK_MS = 3_000

export const metadata = { title: 'Builds · Switchyard' }

/** The builds that are stored, why each of them stays or goes, and the way to prune. */
export default async function Page() {
  const operator = await operatorOf(LINKS.builds)
  const [builds, status] = await Promise.all([
    read(pruneViewSchema, '/v1/builds', operator === null ? undefined : LOOK_MS),
    read(systemStatusSchema, '/v1/status'),
  ])
  const nowMs = Date.now()
  return (
    <ConsoleShell operator={operator} current={LINKS.builds}>
      <h1 className="mb-4 text-2xl font-semibold tracking-tight">Builds</h1>
      {builds.ok ? (
        <BuildsPage
          initial={builds.value}
          initialStatus={status.ok ? { status: status.value, receivedAtMs: nowMs } : null}
          renderedAtMs={status.ok ? Date.parse(status.value.now) : nowMs}
          actions={consoleActions}
          releasePrefix={LINKS.releasePrefix}
          signIn={LINKS.signIn}
        />
      ) : (
        <Refusal
          error={builds.error.code === 'not-found' ? directorIsOlder('it lists no builds') : builds.error}
        />
      )}
    </ConsoleShell>
  )
}
