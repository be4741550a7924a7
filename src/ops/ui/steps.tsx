'use client'
import { Check, Circle, LoaderCircle, Square, X } from 'lucide-react'
import type { ReleaseState, StepRecord } from '../../release/release.ts'
import { duration, elapsed } from '../../words/quantities.ts'
import { isUnderWay, stepTookMs } from '../view/release.ts'
import { useNowMs } from './now.tsx'

const STATES = {
  waiting: { icon: Circle, word: 'waiting', ring: 'border-line-strong text-ink-faint', spin: '' },
  running: {
    icon: LoaderCircle,
    word: 'running',
    ring: 'border-standby text-standby',
    spin: 'animate-spin [animation-duration:1.6s]',
  },
  done: { icon: Check, word: 'done', ring: 'border-live bg-live text-surface', spin: '' },
  failed: { icon: X, word: 'failed', ring: 'border-bad bg-bad text-surface', spin: '' },
  stopped: { icon: Square, word: 'stopped', ring: 'border-warn bg-warn text-surface', spin: '' },
  skipped: { icon: Circle, word: 'not begun', ring: 'border-line-strong text-ink-faint', spin: '' },
} as const

type Props = {
  steps: readonly StepRecord[]
  release: ReleaseState
  /** What a drain that runs is still waiting for. */
  waitsFor: string | null
}

/** The steps of a release, top to bottom, with how long each took. */
export function Steps({ steps, release, waitsFor }: Props) {
  const nowMs = useNowMs()
  return (
    <ol className="py-1">
      {steps.map((step, index) => (
        <Step
          key={step.name}
          step={step}
          note={step.name === 'drain' && step.state === 'running' ? waitsFor : step.detail}
          shown={shownAs(step, release)}
          nowMs={nowMs}
          isLast={index === steps.length - 1}
        />
      ))}
    </ol>
  )
}

/** A step that an abort cut short has not failed, and after the end nothing waits any more. */
function shownAs({ state }: StepRecord, release: ReleaseState): keyof typeof STATES {
  if (state === 'failed' && release === 'aborted') return 'stopped'
  return state === 'waiting' && !isUnderWay(release) ? 'skipped' : state
}

type StepProps = {
  step: StepRecord
  note: string | null
  shown: keyof typeof STATES
  nowMs: number
  isLast: boolean
}

function Step({ step, note, shown, nowMs, isLast }: StepProps) {
  const { icon: Icon, word, ring, spin } = STATES[shown]
  const tookMs = stepTookMs(step, nowMs)
  return (
    <li
      aria-current={step.state === 'running' ? 'step' : undefined}
      className="relative flex gap-3 pb-3 last:pb-0"
    >
      {!isLast && <span aria-hidden="true" className="absolute top-5 bottom-0 left-[8.5px] w-px bg-line" />}
      <span
        className={`z-10 mt-0.5 grid size-[18px] shrink-0 place-items-center rounded-full border ${ring}`}
      >
        {step.state !== 'waiting' && <Icon aria-hidden="true" size={11} strokeWidth={3} className={spin} />}
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline justify-between gap-3">
          <span
            className={`${step.state === 'waiting' ? 'text-ink-faint' : ''} ${step.state === 'running' ? 'font-semibold' : ''}`}
          >
            {step.label}
            <span className="sr-only">: {word}</span>
          </span>
          <span className="shrink-0 text-xs text-ink-muted">
            {tookMs !== null && (step.endedAt === null ? elapsed(tookMs) : duration(tookMs))}
          </span>
        </span>
        {note !== null && (
          <span className="block text-xs text-ink-muted [overflow-wrap:anywhere]">{note}</span>
        )}
      </span>
    </li>
  )
}
