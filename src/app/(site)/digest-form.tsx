'use client'

import { useActionState } from 'react'
import { fromThisBuild } from '../../workload/this-build.ts'
import type { DigestOutcome } from './digest-outcome.ts'
import { digestText } from './digest-text.ts'
import { BUTTON, Panel } from './panel.tsx'
import { SlotName } from './slot-name.tsx'

/** A server action behind a form, which works without JavaScript too. */
export function DigestForm() {
  const [outcome, run, isRunning] = useActionState<DigestOutcome, FormData>(
    digestText,
    { kind: 'none', text: '' },
    // Where the form goes without JavaScript, which alone tells nginx the build.
    fromThisBuild('/'),
  )
  return (
    <Panel
      title="Run a server action"
      lead="The server works out the SHA-256 of a text and says which build did it."
    >
      <form action={run} data-testid="digest-form">
        <label htmlFor="digest-text" className="font-medium text-sm">
          Text
        </label>
        <div className="mt-1.5 flex gap-2">
          <input
            id="digest-text"
            name="text"
            type="text"
            autoComplete="off"
            maxLength={200}
            defaultValue={outcome.text}
            aria-invalid={outcome.kind === 'refused'}
            aria-describedby="digest-outcome"
            className="min-w-0 flex-1 rounded-md border border-edge bg-page px-3 py-2 font-mono text-sm aria-invalid:border-problem"
          />
          <button type="submit" disabled={isRunning} className={BUTTON}>
            {isRunning ? 'Running…' : 'Run'}
          </button>
        </div>
        <div id="digest-outcome" aria-live="polite" className="mt-4 min-h-16 text-sm">
          <Outcome outcome={outcome} />
        </div>
      </form>
    </Panel>
  )
}

function Outcome({ outcome }: { outcome: DigestOutcome }) {
  switch (outcome.kind) {
    case 'none':
      return null
    case 'refused':
      return (
        <p data-testid="digest-refusal" className="text-problem">
          {outcome.reason}
        </p>
      )
    case 'done':
      return (
        <>
          <code data-testid="digest-sha256" className="block break-all font-mono text-[0.8125rem]">
            {outcome.sha256}
          </code>
          <p className="mt-2 text-soft">
            By build{' '}
            <code data-testid="digest-build" className="font-mono text-text">
              {outcome.builtAs}
            </code>{' '}
            in <SlotName slot={outcome.slot} testId="digest-slot" />, run{' '}
            <span data-testid="digest-runs">{outcome.runs}</span> since its process began.
          </p>
        </>
      )
  }
}
