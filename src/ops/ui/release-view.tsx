'use client'
import { type ReactNode, type Ref, useEffect, useEffectEvent, useId, useRef } from 'react'
import { type Bar, barOn, barWords } from '../../release/bar.ts'
import { whoWords } from '../../release/freeze.ts'
import type { Release } from '../../release/release.ts'
import { duration, elapsed } from '../../words/quantities.ts'
import type { FeedState } from '../release-feed.ts'
import { lastWords } from '../view/log.ts'
import {
  announcementOf,
  isUnderWay,
  moveOf,
  outcomeOf,
  releaseTookMs,
  sourceText,
  titleOf,
} from '../view/release.ts'
import { BarredBadge } from './barred-badge.tsx'
import { EnvironmentChanged } from './kept-build/environment-changed.tsx'
import { LogView } from './log-view.tsx'
import { ExactMoment, useNowMs } from './now.tsx'
import { Prose } from './prose.tsx'
import { Refusal } from './refusal.tsx'
import { Steps } from './steps.tsx'
import { ToneIcon } from './tone-icon.tsx'
import { TONE_TEXT } from './tones.ts'
import { useReleaseFeed } from './use-release-feed.ts'
import { Warning } from './warning.tsx'
import { WholeWords } from './whole-words.tsx'

type Props = {
  id: number
  /** What is known before the stream's first word. */
  initial: Release | null
  /** Every build that is barred, as far as it is known. */
  barred: readonly Bar[]
  /** Buttons that belong to this release, such as Abort. */
  controls?(release: Release): ReactNode
  level?: 'h1' | 'h2'
  /** Where the page itself has no other way to notice. */
  onSignedOut?(): void
  /** Called once the stream has told the end, which comes before the next poll. */
  onEnded?(): void
  ref?: Ref<HTMLElement>
}

/** One release as it goes or as it went: what it is, its steps, its log, and its error in full. */
export function ReleaseView(props: Props) {
  const { id, initial, barred, controls, level: Heading = 'h2', onSignedOut, onEnded, ref } = props
  const feed = useReleaseFeed(id)
  const tell = useEffectEvent((state: FeedState) => {
    if (state === 'signed-out') onSignedOut?.()
    if (state === 'ended') onEnded?.()
  })
  useEffect(() => tell(feed.state), [feed.state])
  const release = newest(feed.release, initial, id)
  const headingId = useId()
  return (
    <section
      ref={ref}
      tabIndex={-1}
      aria-labelledby={headingId}
      className="overflow-hidden rounded-lg border border-line bg-surface"
    >
      {release === null ? (
        <p className="p-4 text-ink-muted">
          <span id={headingId}>Release {id}</span> is being read.
        </p>
      ) : (
        <>
          <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 border-b border-line px-4 py-3">
            <div className="min-w-0">
              <Heading
                id={headingId}
                className="text-lg font-semibold tracking-tight [overflow-wrap:anywhere]"
              >
                <WholeWords text={titleOf(release)} />
              </Heading>
              <Summary release={release} />
              <Barred bar={barOn(barred, release.build)} />
              <EnvironmentChanged release={release} />
              {release.note !== null && (
                <p className="mt-1 max-w-prose text-sm [overflow-wrap:anywhere]">“{release.note}”</p>
              )}
            </div>
            {controls?.(release)}
          </header>
          {(release.error !== null || release.recovery !== null) && (
            <div className="space-y-2 border-b border-line p-4">
              {release.error !== null && (
                <Refusal error={release.error} isWished={release.state === 'aborted'} />
              )}
              {release.recovery !== null && (
                <Warning>
                  <Prose text={release.recovery} />
                </Warning>
              )}
            </div>
          )}
          <div className="lg:grid lg:grid-cols-[22rem_minmax(0,1fr)] lg:grid-rows-[fit-content(30.5rem)]">
            <div className="border-line px-4 py-3 max-lg:border-b lg:border-r">
              <h3 className="sr-only">Steps</h3>
              <Steps steps={release.steps} release={release.state} waitsFor={lastWords(feed.log, 'drain')} />
            </div>
            <LogView release={id} log={feed.log} state={feed.state} />
          </div>
          <Announcer text={announcementOf(release)} />
        </>
      )}
    </section>
  )
}

function Summary({ release }: { release: Release }) {
  const { word, tone } = outcomeOf(release)
  const tookMs = releaseTookMs(release, useNowMs())
  return (
    <p className="mt-0.5 flex flex-wrap items-center gap-x-2.5 gap-y-0.5 text-sm text-ink-muted [overflow-wrap:anywhere]">
      <span className={`inline-flex items-center gap-1.5 font-semibold ${TONE_TEXT[tone]}`}>
        <ToneIcon tone={tone} />
        {word}
      </span>
      <span>Release {release.id}</span>
      <span>
        <WholeWords text={moveOf(release)} />
      </span>
      <span>from {sourceText(release.source)}</span>
      <span>
        by {whoWords(release.actor)}
        {release.actor.kind === 'host' && ' on the host'}
      </span>
      <span>
        began <ExactMoment at={release.createdAt} />
      </span>
      <span>{isUnderWay(release.state) ? `${elapsed(tookMs)} so far` : `took ${duration(tookMs)}`}</span>
    </p>
  )
}

function Barred({ bar }: { bar: Bar | null }) {
  if (bar === null) return null
  return (
    <p className="mt-1 flex max-w-prose items-start gap-2 text-sm [overflow-wrap:anywhere]">
      <BarredBadge />
      <span className="min-w-0">
        <WholeWords text={barWords(bar)} />
      </span>
    </p>
  )
}

/** Says each change once to a screen reader; what was there when the page came is not news. */
function Announcer({ text }: { text: string }) {
  const region = useRef<HTMLParagraphElement>(null)
  const said = useRef(text)
  useEffect(() => {
    if (said.current === text || !region.current) return
    said.current = text
    region.current.textContent = text
  }, [text])
  return <p ref={region} aria-live="polite" className="sr-only" />
}

/** The stream and the poll race; a release only ever moves forward, so the one that has ended or got further wins. */
function newest(streamed: Release | null, polled: Release | null, id: number): Release | null {
  if (streamed === null) return polled?.id === id ? polled : null
  if (polled === null || polled.id !== id || streamed.endedAt !== null) return streamed
  return polled.endedAt !== null || begunSteps(polled) > begunSteps(streamed) ? polled : streamed
}

function begunSteps(release: Release): number {
  return release.steps.filter((step) => step.startedAt !== null).length
}
