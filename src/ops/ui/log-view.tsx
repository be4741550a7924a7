'use client'
import { ArrowDown, Search } from 'lucide-react'
import { memo, useId, useState } from 'react'
import type { LogLine } from '../../director/protocol.ts'
import type { FeedState } from '../release-feed.ts'
import { type LogBuffer, matching, textOf, toneOf } from '../view/log.ts'
import { CopyButton } from './copy-button.tsx'
import { localTimeOfDay } from './now.tsx'
import { ToneIcon } from './tone-icon.tsx'
import { TONE_TEXT } from './tones.ts'
import { useFollow } from './use-follow.ts'

type Props = { release: number; log: LogBuffer; state: FeedState }

/** A release's log as it is written, as high as its lines up to a most. It follows the end until someone scrolls up. */
export function LogView({ release, log, state }: Props) {
  const [needle, setNeedle] = useState('')
  const shown = matching(log.lines, needle)
  const { box, isFollowing, onScroll, toBottom } = useFollow(shown.at(-1)?.offset)
  const headingId = useId()
  return (
    <section aria-labelledby={headingId} className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1.5">
        <h3 id={headingId} className="text-sm font-semibold">
          Log
        </h3>
        <Following state={state} />
        <span className="ml-auto" />
        <Filter needle={needle} onChange={setNeedle} found={shown.length} all={log.lines.length} />
        <CopyButton name="the log" label="Copy" text={() => textOf(shown)} />
      </div>
      <div className="relative flex min-h-0 flex-1 flex-col">
        <section
          ref={box}
          onScroll={onScroll}
          aria-label={`Log of release ${release}`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
          tabIndex={0}
          className="max-h-80 min-h-0 flex-1 overflow-y-auto overscroll-contain bg-sunken py-2 font-mono text-xs leading-[1.125rem] focus-visible:-outline-offset-2 lg:max-h-none"
        >
          {log.dropped > 0 && (
            <p className="px-3 pb-2 font-sans text-ink-muted">
              {log.dropped} earlier lines are left out here. All of them, on the host in the project's
              directory: <code className="font-mono">switchyard logs {release}</code>
            </p>
          )}
          <Lines lines={shown} />
          {shown.length === 0 && <Nothing state={state} isFiltered={needle.trim() !== ''} />}
        </section>
        {!isFollowing && (
          <button
            type="button"
            onClick={toBottom}
            className="absolute right-4 bottom-3 inline-flex items-center gap-1.5 rounded-full border border-line-strong bg-surface px-3 py-1 text-xs font-medium shadow-md"
          >
            <ArrowDown aria-hidden="true" size={13} />
            Follow the end
          </button>
        )}
      </div>
    </section>
  )
}

function Lines({ lines }: { lines: readonly LogLine[] }) {
  return lines.map((line, index) => (
    <Line key={line.offset} line={line} beginsStep={lines[index - 1]?.step !== line.step} />
  ))
}

/** Kept from drawing again: a log grows by a few lines while it holds thousands. */
const Line = memo(function Line({ line, beginsStep }: { line: LogLine; beginsStep: boolean }) {
  const tone = toneOf(line.text)
  const colour = tone === 'quiet' ? '' : `${TONE_TEXT[tone]} font-medium`
  return (
    <>
      {beginsStep && (
        <p className="mt-1.5 mb-0.5 px-3 font-sans text-2xs font-semibold text-ink-faint first:mt-0">
          {line.step}
        </p>
      )}
      <div className="flex gap-3 px-3">
        <time dateTime={line.at} className="shrink-0 text-ink-faint select-none max-sm:hidden">
          {localTimeOfDay(line.at)}
        </time>
        <span className={`min-w-0 whitespace-pre-wrap [overflow-wrap:anywhere] ${colour}`}>{line.text}</span>
      </div>
    </>
  )
})

const FOLLOWING = {
  connecting: { tone: 'busy', text: 'Connecting' },
  following: { tone: 'busy', text: 'Following' },
  waiting: { tone: 'warn', text: 'Connection lost, trying again' },
  'signed-out': { tone: 'warn', text: 'Signed out' },
  gone: { tone: 'bad', text: 'This release is not known any more' },
  ended: { tone: 'good', text: 'Complete' },
} as const

function Following({ state }: { state: FeedState }) {
  const { tone, text } = FOLLOWING[state]
  return (
    <span className="inline-flex items-center gap-1.5 text-xs text-ink-muted">
      <ToneIcon tone={tone} size={12} />
      {text}
    </span>
  )
}

type FilterProps = { needle: string; onChange(needle: string): void; found: number; all: number }

function Filter({ needle, onChange, found, all }: FilterProps) {
  return (
    <label className="flex items-center gap-1.5 text-xs text-ink-muted">
      <Search aria-hidden="true" size={13} />
      <span className="sr-only">Lines that contain</span>
      <input
        type="search"
        value={needle}
        onChange={(event) => onChange(event.target.value)}
        placeholder="Filter lines"
        className="h-7 w-32 rounded border border-line-strong bg-surface px-2 text-ink placeholder:text-ink-faint"
      />
      <span className="min-w-16" aria-live="polite">
        {needle.trim() === '' ? `${all} ${all === 1 ? 'line' : 'lines'}` : `${found} of ${all}`}
      </span>
    </label>
  )
}

function Nothing({ state, isFiltered }: { state: FeedState; isFiltered: boolean }) {
  if (isFiltered) return <p className="px-3 font-sans text-ink-muted">No line contains this.</p>
  return (
    <p className="px-3 font-sans text-ink-muted">
      {state === 'ended' ? 'This release wrote nothing.' : 'Waiting for the first line.'}
    </p>
  )
}
