import { notFound } from 'next/navigation'
import { systemStatusSchema } from '../../../../director/protocol.ts'
import { read } from '../../../../ops/read.ts'
import { operatorOf } from '../../../../ops/session.ts'
import { Refusal } from '../../../../ops/ui/refusal.tsx'
import { ReleasePage } from '../../../../ops/ui/release-page.tsx'
import { releaseSchema } from '../../../../release/release.ts'
import { ConsoleShell } from '../../console-shell.tsx'
import { consoleActions, LINKS } from '../../links.ts'

type Props = { params: Promise<{ id: string }> }

/** One release, as it goes or as it went. */
export default async function Page({ params }: Props) {
  const { id } = await params
  if (!/^[1-9]\d{0,8}$/.test(id)) notFound()
  const path = `${LINKS.releasePrefix}${id}`
  const operator = await operatorOf(path)
  const [release, status] = await Promise.all([
    read(releaseSchema, `/v1/releases/${id}`),
    read(systemStatusSchema, '/v1/status'),
  ])
  if (!release.ok && release.error.code === 'not-found') notFound()
  return (
    <ConsoleShell operator={operator} current={LINKS.history}>
      <title>{`Release ${id} · Switchyard`}</title>
      <p className="mb-3 text-sm">
        <a href={LINKS.history} className="text-ink-muted underline underline-offset-2 hover:text-ink">
          Releases
        </a>
      </p>
      {release.ok ? (
        <ReleasePage
          release={release.value}
          initialStatus={status.ok ? { status: status.value, receivedAtMs: Date.now() } : null}
          renderedAtMs={Date.now()}
          actions={consoleActions}
          signIn={LINKS.signIn}
          sessionEnded={`${LINKS.sessionEnded}&next=${encodeURIComponent(path)}`}
        />
      ) : (
        <Refusal error={release.error} />
      )}
    </ConsoleShell>
  )
}
