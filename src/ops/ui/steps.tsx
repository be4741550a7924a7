'use client'
import { Check, Circle, LoaderCircle, X } from 'lucide-react'
import type { StepRecord } from '../../release/release.ts'
import { duration, elapsed } from '../../words/quantities.ts'
import { stepTookMs } from '../view/release.ts'
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
} as const

/** The steps of a release, top to bottom, with how long each took. */
export function Steps({ steps }: { steps: readonly StepRecord[] }) {
  const nowMs = useNowMs()
  return (
    <ol className="py-1">
      {steps.map((step, index) => (
        <Step key={step.name} step={step} nowMs={nowMs} isLast={index === steps.length - 1} />
      ))}
    </ol>
  )
}

function Step({ step, nowMs, isLast }: { step: StepRecord; nowMs: number; isLast: boolean }) {
  const { icon: Icon, word, ring, spin } = STATES[step.state]
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
        {step.detail !== null && (
          <span className="block text-xs text-ink-muted [overflow-wrap:anywhere]">{step.detail}</span>
        )}
      </span>
    </li>
  )
}
