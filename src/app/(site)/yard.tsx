'use client'

import type { ReactNode } from 'react'
import { SLOTS, type Slot } from '../../release/slot.ts'
import type { Origin } from './own-build.ts'
import { SlotName } from './slot-name.tsx'
import { useEventStream } from './use-event-stream.ts'
import { useLiveRelease } from './use-live-release.ts'
import { useOwnBuild } from './use-own-build.ts'

/** What a signal on the diagram stands for. */
type Place = { slot: Slot; release: number; version: string }
type Signal = {
  name: string
  shortName: string
  explanation: string
  place: Place | null
  note: string
  testId: string
}

/** Both tracks, and on which of them this page, a new visitor and an open stream are. */
export function Yard({ page }: { page: Place & Origin }) {
  const live = useLiveRelease()
  const stream = useEventStream()
  const signals: readonly Signal[] = [
    {
      name: 'This page',
      shortName: 'page',
      explanation: 'Stays with its build while a slot runs that.',
      place: page,
      note: '',
      testId: 'signal-page',
    },
    {
      name: 'A new visitor',
      shortName: 'visitor',
      explanation: 'Asked again every two seconds.',
      place: live.place,
      note: live.note,
      testId: 'signal-visitor',
    },
    {
      name: 'An open stream',
      shortName: 'stream',
      explanation: 'Ends only when its slot is reused, then reconnects.',
      place: stream.place,
      note: stream.note,
      testId: 'signal-stream',
    },
  ]
  return (
    <section aria-labelledby="yard" className="mt-12">
      <h2 id="yard" className="sr-only">
        Where requests go now
      </h2>
      <div className="rounded-lg border border-line bg-surface">
        <div aria-hidden="true" className="space-y-3 px-4 py-6 sm:px-6">
          {SLOTS.map((slot) => (
            <Track key={slot} slot={slot} signals={signals.filter((signal) => signal.place?.slot === slot)} />
          ))}
        </div>
        <dl className="grid divide-line border-line border-t max-sm:divide-y sm:grid-cols-3 sm:divide-x">
          {signals.map((signal) => (
            <SignalCard key={signal.name} signal={signal} />
          ))}
        </dl>
      </div>
      <NewRelease page={page} live={live.place} />
    </section>
  )
}

const TRACK_HUES: Readonly<Record<Slot, string>> = {
  primary: 'text-primary-slot',
  secondary: 'text-secondary-slot',
}

function Track({ slot, signals }: { slot: Slot; signals: readonly Signal[] }) {
  return (
    <div className="flex items-center gap-3 sm:gap-5">
      <span className={`w-[5.5rem] shrink-0 font-medium font-mono text-sm ${TRACK_HUES[slot]}`}>{slot}</span>
      <div className="relative flex h-10 min-w-0 flex-1 items-center justify-end gap-1.5 px-2 sm:gap-2 sm:px-4">
        <div className={`track absolute inset-0 ${signals.length > 0 ? TRACK_HUES[slot] : 'text-line'}`} />
        {signals.map(({ shortName }) => (
          <span
            key={shortName}
            className="relative rounded border border-line bg-surface px-1.5 py-0.5 font-medium text-xs sm:px-2.5 sm:py-1"
          >
            {shortName}
          </span>
        ))}
      </div>
    </div>
  )
}

function SignalCard({ signal: { name, explanation, place, note, testId } }: { signal: Signal }) {
  return (
    <div
      className="px-4 py-4 sm:px-6"
      data-testid={testId}
      data-slot={place?.slot}
      data-release={place?.release}
    >
      <dt className="text-sm">
        <span className="font-medium">{name}</span>
      </dt>
      <dd className="mt-1.5">
        <p className="text-sm">
          {place ? <PlaceName place={place} /> : <span className="text-soft">{note}</span>}
        </p>
        <p className="mt-1.5 text-soft text-xs">{place && note ? note : explanation}</p>
      </dd>
    </div>
  )
}

function PlaceName({ place: { slot, release, version } }: { place: Place }) {
  return (
    <>
      <SlotName slot={slot} /> release {release},{' '}
      <span className="inline-block max-w-full break-words font-mono">{version}</span>
    </>
  )
}

/** Said once another release serves new visitors. While a slot runs the tab's own build the tab works on, so nothing is forced. */
function NewRelease({ page, live }: { page: Place & Origin; live: Place | null }): ReactNode {
  const isOther = live !== null && (live.release !== page.release || live.slot !== page.slot)
  const isReached = useOwnBuild(page, isOther ? live : null)
  if (!isOther) return null
  return (
    <p
      role="status"
      data-testid="newer-release"
      className="mt-4 rounded-lg bg-notice-wash px-4 py-3 text-notice text-sm leading-relaxed sm:px-6"
    >
      New visitors get release {live.release} from the {live.slot} slot.{' '}
      {isReached === true && `This tab goes on with release ${page.release}. `}
      {isReached === false &&
        `Release ${page.release} is not reached any more: the next link or action here loads the page anew. `}
      <a className="font-medium underline underline-offset-4" href="/">
        Load the page anew
      </a>{' '}
      to change over{isReached === false && ' now'}.
    </p>
  )
}
