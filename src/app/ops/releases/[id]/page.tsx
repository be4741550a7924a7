import { notFound } from 'next/navigation'
import { read } from '../../../../ops/read.ts'
import { operatorOf } from '../../../../ops/session.ts'
import { NowProvider } from '../../../../ops/ui/now.tsx'
import { Refusal } from '../../../../ops/ui/refusal.tsx'
import { ReleaseView } from '../../../../ops/ui/release-view.tsx'
import { releaseSchema } from '../../../../release/release.ts'
import { ConsoleShell } from '../../console-shell.tsx'
import { LINKS } from '../../links.ts'

type Props = { params: Promise<{ id: string }> }

/** One release, as it goes or as it went. */
export default async function ReleasePage({ params }: Props) {
  const { id } = await params
  if (!/^[1-9]\d{0,8}$/.test(id)) notFound()
  const operator = await operatorOf(`${LINKS.releasePrefix}${id}`)
  const release = await read(releaseSchema, `/v1/releases/${id}`)
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
        <NowProvider startMs={Date.now()} skewMs={0}>
          <ReleaseView id={release.value.id} initial={release.value} level="h1" />
        </NowProvider>
      ) : (
        <Refusal error={release.error} />
      )}
    </ConsoleShell>
  )
}
