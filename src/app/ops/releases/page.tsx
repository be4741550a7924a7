import { historySchema } from '../../../director/protocol.ts'
import { read } from '../../../ops/read.ts'
import { operatorOf } from '../../../ops/session.ts'
import { EmptyHistory } from '../../../ops/ui/empty-history.tsx'
import { Refusal } from '../../../ops/ui/refusal.tsx'
import { ReleaseList } from '../../../ops/ui/release-list.tsx'
import { ConsoleShell } from '../console-shell.tsx'
import { LINKS } from '../links.ts'

type Props = { searchParams: Promise<{ before?: string | string[] }> }

const PER_PAGE = 25

export const metadata = { title: 'Releases · Switchyard' }

/** Every release, newest first, a page at a time. */
export default async function ReleasesPage({ searchParams }: Props) {
  const before = releaseNumber((await searchParams).before)
  const operator = await operatorOf(before === null ? LINKS.history : `${LINKS.history}?before=${before}`)
  const history = await read(
    historySchema,
    `/v1/releases?limit=${PER_PAGE}${before === null ? '' : `&before=${before}`}`,
  )
  return (
    <ConsoleShell operator={operator} current={LINKS.history}>
      <h1 className="mb-4 text-2xl font-semibold tracking-tight">Releases</h1>
      {history.ok ? <Page {...history.value} before={before} /> : <Refusal error={history.error} />}
    </ConsoleShell>
  )
}

type PageProps = {
  releases: Parameters<typeof ReleaseList>[0]['releases']
  barred: Parameters<typeof ReleaseList>[0]['barred']
  more: boolean
  before: number | null
}

function Page({ releases, barred, more, before }: PageProps) {
  const oldest = releases.at(-1)
  return (
    <div className="space-y-4">
      <ReleaseList
        releases={releases}
        barred={barred}
        linkOf={({ id }) => `${LINKS.releasePrefix}${id}`}
        empty={before === null ? <EmptyHistory /> : <p>There is no older release.</p>}
      />
      <nav aria-label="Pages" className="flex justify-between text-sm font-medium">
        <span>
          {before !== null && (
            <a href={LINKS.history} className="underline underline-offset-2">
              Newest
            </a>
          )}
        </span>
        {more && oldest && (
          <a href={`${LINKS.history}?before=${oldest.id}`} className="underline underline-offset-2">
            Older
          </a>
        )}
      </nav>
    </div>
  )
}

function releaseNumber(text: string | string[] | undefined): number | null {
  return typeof text === 'string' && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null
}
