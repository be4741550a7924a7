'use client'
import type { SystemStatus } from '../../director/protocol.ts'
import type { Release } from '../../release/release.ts'
import { liveTrouble } from '../view/live-trouble.ts'
import { outcomeOf, titleOf } from '../view/release.ts'
import { Ago } from './now.tsx'
import { Prose } from './prose.tsx'
import { Warning } from './warning.tsx'

type Props = { status: SystemStatus; followed: Release | null; releasePrefix: string }

/** Everything that is off now, each in a sentence of its own. */
export function Problems({ status, followed, releasePrefix }: Props) {
  const { routing, docker, traffic, last } = status
  const trouble = liveTrouble(status)
  const isLastOnScreen = last !== null && last.id === followed?.id
  return (
    <div className="space-y-2 empty:hidden">
      {trouble !== null && (
        <Warning isGrave={trouble.isGrave}>
          <Prose text={trouble.sentence} />
        </Warning>
      )}
      {routing.problem !== null && (
        <Warning isGrave={!routing.nginxAnswers}>
          <Prose text={routing.problem} />
        </Warning>
      )}
      {docker.problem !== null && (
        <Warning>
          <Prose text={docker.problem} />
        </Warning>
      )}
      {traffic?.problem != null && (
        <Warning>
          <Prose text={traffic.problem} />
        </Warning>
      )}
      {last !== null && !isLastOnScreen && status.running === null && (
        <LastRelease last={last} href={`${releasePrefix}${last.id}`} />
      )}
    </div>
  )
}

/** What went live has a word left too: its move was not confirmed, or what is live could not be written down. */
function endingOf(release: Release): string {
  if (release.state === 'failed') return 'failed.'
  if (release.state !== 'live') return 'was interrupted.'
  return outcomeOf(release).tone === 'good' ? 'went live.' : 'was not confirmed.'
}

/** A failure that nobody watched must not hide in the history. */
function LastRelease({ last, href }: { last: Release; href: string }) {
  const what = last.recovery ?? (last.state === 'failed' ? last.error?.what : null)
  if (what == null) return null
  return (
    <Warning>
      <a href={href} className="font-medium underline underline-offset-2">
        Release {last.id}
      </a>{' '}
      ({titleOf(last)}, <Ago at={last.endedAt ?? last.createdAt} />) {endingOf(last)} <Prose text={what} />
    </Warning>
  )
}
