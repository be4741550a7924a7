import type { PlanView, PreflightFinding } from '../../director/protocol.ts'
import { Refusal } from './refusal.tsx'
import { ToneIcon } from './tone-icon.tsx'
import type { PlanAnswer } from './use-plan.ts'

/** What will happen, step by step, and what the checks say of it now. */
export function PlanPreview({ answer, waitingFor }: { answer: PlanAnswer; waitingFor: string | null }) {
  if (waitingFor !== null) return <p className="text-sm text-ink-muted">{waitingFor}</p>
  if (answer.problem !== null && !answer.isStale) {
    return (
      <div className="space-y-1.5">
        <Refusal error={answer.problem} />
        <AskedAgain />
      </div>
    )
  }
  if (answer.plan === null) return <Asking />
  return (
    <div
      aria-busy={answer.isStale}
      className={`space-y-4 transition-opacity ${answer.isStale ? 'opacity-60' : ''}`}
    >
      <Findings findings={answer.plan.findings} />
      {!answer.plan.mayStart && <AskedAgain />}
      <PlannedSteps plan={answer.plan} />
    </div>
  )
}

function Asking() {
  return (
    <p className="flex items-center gap-2 text-sm text-ink-muted" role="status">
      <ToneIcon tone="busy" />
      Checking the host, the source and nginx
    </p>
  )
}

function AskedAgain() {
  return <p className="text-xs text-ink-muted">The checks run again every few seconds.</p>
}

const OUTCOMES = {
  ok: { tone: 'good', word: 'Fine' },
  warning: { tone: 'warn', word: 'Warning' },
  refused: { tone: 'bad', word: 'Refused' },
} as const

const GRAVEST_FIRST = { refused: 0, warning: 1, ok: 2 } as const

function Findings({ findings }: { findings: readonly PreflightFinding[] }) {
  const sorted = [...findings].sort((a, b) => GRAVEST_FIRST[a.outcome] - GRAVEST_FIRST[b.outcome])
  return (
    <section aria-label="Checks">
      <h4 className="mb-1.5 text-sm font-semibold">Checks</h4>
      <ul className="space-y-1">
        {sorted.map((finding) => (
          <Finding key={`${finding.name} ${finding.sentence}`} finding={finding} />
        ))}
      </ul>
    </section>
  )
}

function Finding({ finding }: { finding: PreflightFinding }) {
  const { tone, word } = OUTCOMES[finding.outcome]
  const isOk = finding.outcome === 'ok'
  return (
    <li className="flex gap-2 text-sm">
      <span className="mt-[3px]">
        <ToneIcon tone={tone} size={14} />
      </span>
      <span className={`min-w-0 [overflow-wrap:anywhere] ${isOk ? 'text-ink-muted' : ''}`}>
        <span className={isOk ? 'sr-only' : 'font-semibold'}>{word}: </span>
        {finding.sentence}
      </span>
    </li>
  )
}

function PlannedSteps({ plan }: { plan: PlanView }) {
  return (
    <section aria-label="What will happen">
      <h4 className="mb-1.5 text-sm font-semibold">What will happen</h4>
      <ol className="space-y-0.5 text-sm">
        {plan.steps.map((step, index) => (
          <li key={step.name} className="flex gap-2">
            <span className="w-4 shrink-0 text-right text-ink-faint">{index + 1}</span>
            <span className={step.name === 'switch' ? 'font-semibold' : ''}>{step.label}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
