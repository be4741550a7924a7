import type { ReactNode } from 'react'
import { type Bar, barOn } from '../../release/bar.ts'
import { environmentChangeWords } from '../../release/environment-change.ts'
import { whoWords } from '../../release/freeze.ts'
import type { Release } from '../../release/release.ts'
import { duration } from '../../words/quantities.ts'
import { isUnderWay, moveOf, outcomeOf, releaseTookMs, sourceText, versionOf } from '../view/release.ts'
import { BarredBadge } from './barred-badge.tsx'
import { ListTable } from './list-table.tsx'
import { Moment } from './now.tsx'
import { ReleaseKind } from './release-kind.tsx'
import { ToneIcon } from './tone-icon.tsx'
import { TONE_TEXT } from './tones.ts'

type Props = {
  releases: readonly Release[]
  /** Every build that is barred. */
  barred: readonly Bar[]
  linkOf(release: Release): string
  empty: ReactNode
}

const COLUMNS = [
  { name: 'Release', width: 'w-[7%]' },
  { name: 'Outcome', width: 'w-[11%]' },
  { name: 'Version', width: 'w-[22%]' },
  { name: 'To slot', width: 'w-[10%]' },
  { name: 'Source', width: 'w-[18%]' },
  { name: 'By', width: 'w-[13%]' },
  { name: 'Began', width: 'w-[12%]' },
  { name: 'Took', width: 'w-[7%] text-right' },
] as const

/** Releases, newest first. A table on a wide screen; on a phone each becomes a block of three lines. */
export function ReleaseList({ releases, barred, linkOf, empty }: Props) {
  if (releases.length === 0)
    return <div className="rounded-lg border border-line bg-surface p-4">{empty}</div>
  return (
    <ListTable columns={COLUMNS}>
      {releases.map((release) => (
        <Row
          key={release.id}
          release={release}
          isBarred={barOn(barred, release.build) !== null}
          href={linkOf(release)}
        />
      ))}
    </ListTable>
  )
}

const CELL = 'truncate md:px-1.5 md:py-2 md:first:pl-4 md:last:pr-4'

type RowProps = { release: Release; isBarred: boolean; href: string }

function Row({ release, isBarred, href }: RowProps) {
  const { word, tone } = outcomeOf(release)
  const source = sourceText(release.source).replace(/^the /, '')
  return (
    <tr className="relative hover:bg-ground max-md:flex max-md:flex-wrap max-md:gap-x-3 max-md:gap-y-0.5 max-md:px-4 max-md:py-2">
      <td className={CELL}>
        <a
          href={href}
          aria-label={`Release ${release.id}`}
          className="font-medium underline decoration-line-strong underline-offset-2 after:absolute after:inset-0"
        >
          #{release.id}
        </a>
      </td>
      <td className={`${CELL} font-medium ${TONE_TEXT[tone]}`}>
        <span className="inline-flex items-center gap-1.5 align-top">
          <ToneIcon tone={tone} size={14} />
          {word}
        </span>
      </td>
      <td className={`${CELL} max-md:w-full`} title={moveOf(release)}>
        <Version release={release} isBarred={isBarred} />
      </td>
      <td className={`${CELL} text-ink-muted`}>{release.slot}</td>
      <td className={`${CELL} text-ink-muted max-md:max-w-48`} title={source}>
        <ReleaseKind release={release} />
      </td>
      <td className={`${CELL} text-ink-muted`}>{whoWords(release.actor)}</td>
      <td className={`${CELL} text-ink-muted`}>
        <Moment at={release.createdAt} />
      </td>
      <td className={`${CELL} text-ink-muted md:text-right`}>
        {isUnderWay(release.state) ? '–' : duration(releaseTookMs(release, 0))}
      </td>
    </tr>
  )
}

/** What the release brings comes first: a narrow column cuts the end. */
function Version({ release, isBarred }: Omit<RowProps, 'href'>) {
  const version = versionOf(release)
  const unknown = isUnderWay(release.state) ? '…' : 'not built'
  return (
    <>
      <span className={version === null ? 'text-ink-muted' : 'font-medium'}>{version ?? unknown}</span>
      {isBarred && (
        <>
          {' '}
          <BarredBadge />
        </>
      )}
      {release.replaces !== null && (
        <span className="text-ink-muted">
          {beside(release)}
          {release.replaces.version}
          {hasFallenThrough(release) && ' stayed'}
        </span>
      )}
      {release.note !== null && (
        <span className="block truncate text-xs text-ink-muted" title={release.note}>
          “{release.note}”
        </span>
      )}
      <EnvironmentLine change={release.environmentChange} />
    </>
  )
}

/** By names, as much as the column holds; the release's own page has them all. */
function EnvironmentLine({ change }: { change: Release['environmentChange'] }) {
  const words = change === null ? '' : environmentChangeWords(change)
  if (words === '') return null
  return (
    <span className="block truncate text-xs text-ink-muted" title={words}>
      Environment: {words}
    </span>
  )
}

function beside(release: Release): string {
  if (hasFallenThrough(release)) return ', '
  return release.verb === 'rollback' ? ' back from ' : ' after '
}

function hasFallenThrough({ state }: Release): boolean {
  return state === 'failed' || state === 'aborted'
}
