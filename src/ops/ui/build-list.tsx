import { Package, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { PruneView } from '../../release/prune-view.ts'
import { bytes } from '../../words/quantities.ts'
import { ListTable } from './list-table.tsx'
import { Ago } from './now.tsx'
import { Prose } from './prose.tsx'

type Build = PruneView['kept'][number]
type Props = {
  kept: readonly Build[]
  going: readonly Build[]
  linkOf(release: number): string
  /** What may be done with a build that is kept. */
  actionOf(build: Build): ReactNode
}

const COLUMNS = [
  { name: 'Build', width: 'w-[26%]' },
  { name: 'Last live', width: 'w-[14%]' },
  { name: 'Size', width: 'w-[10%]' },
  { name: 'What becomes of it', width: 'w-[50%]' },
] as const

/** Builds with what becomes of each and why: those that stay, the newest first, then those that go. A block each on a phone. */
export function BuildList({ kept, going, linkOf, actionOf }: Props) {
  if (kept.length + going.length === 0) {
    return (
      <p className="rounded-lg border border-line bg-surface p-4">
        No build is stored yet. The first release makes one.
      </p>
    )
  }
  return (
    <ListTable columns={COLUMNS}>
      {kept.map((build) => (
        <Row key={keyOf(build)} build={build} goes={false} linkOf={linkOf} action={actionOf(build)} />
      ))}
      {going.toReversed().map((build) => (
        <Row key={keyOf(build)} build={build} goes linkOf={linkOf} action={null} />
      ))}
    </ListTable>
  )
}

const CELL = 'align-top md:px-1.5 md:py-2 md:first:pl-4 md:last:pr-4'

type RowProps = Pick<Props, 'linkOf'> & { build: Build; goes: boolean; action: ReactNode }

function Row({ build, goes, linkOf, action }: RowProps) {
  const { version, deploymentId, release, lastLiveAt, why } = build
  return (
    <tr className="max-md:flex max-md:flex-wrap max-md:gap-x-3 max-md:gap-y-0.5 max-md:px-4 max-md:py-2.5">
      <td className={`${CELL} max-md:w-full [overflow-wrap:anywhere]`}>
        {release === null ? (
          <span className="font-medium">{version}</span>
        ) : (
          <a
            href={linkOf(release)}
            className="font-medium underline decoration-line-strong underline-offset-2"
          >
            {version}
          </a>
        )}
        {deploymentId !== null && (
          <span className="block font-mono text-xs text-ink-muted">{deploymentId}</span>
        )}
      </td>
      <td className={`${CELL} text-ink-muted`}>
        <span className="md:hidden">{lastLiveAt === null ? '' : 'last live '}</span>
        {lastLiveAt === null ? 'never live' : <Ago at={lastLiveAt} />}
      </td>
      <td className={`${CELL} text-ink-muted`}>{bytes(build.bytes)}</td>
      <td className={`${CELL} max-md:w-full [overflow-wrap:anywhere]`}>
        <span className="flex items-start gap-2">
          <Fate goes={goes} />
          <span className="min-w-0">
            <Prose text={why} />
          </span>
          {action !== null && <span className="ml-auto shrink-0">{action}</span>}
        </span>
      </td>
    </tr>
  )
}

/** A shape and a word. */
function Fate({ goes }: { goes: boolean }) {
  const Icon = goes ? Trash2 : Package
  return (
    <span
      className={`inline-flex shrink-0 items-center gap-1 rounded px-1.5 text-xs leading-5 font-semibold ${goes ? 'bg-warn-wash text-warn' : 'bg-sunken text-ink-muted'}`}
    >
      <Icon aria-hidden="true" size={12} strokeWidth={2.5} />
      {goes ? 'Goes' : 'Stays'}
    </span>
  )
}

const keyOf = ({ image, deploymentId, version, lastLiveAt, bytes: size }: Build): string =>
  image ?? `${deploymentId} ${version} ${lastLiveAt} ${size}`
