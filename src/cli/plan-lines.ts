import type { PlanView } from '../director/protocol.ts'
import { harmless, type Screen } from './screen.ts'

const MARKS = { ok: '✓', warning: '!', refused: '✗' } as const
const COLOURS = { ok: 'green', warning: 'yellow', refused: 'red' } as const

/** What a release would do, step by step, and what stands in its way. */
export function planLines(plan: PlanView, { paint }: Pick<Screen, 'paint'>): string[] {
  return [
    planTitle(plan),
    ...plan.steps.map(({ label }, i) => `${String(i + 1).padStart(3)}. ${label}`),
    '',
    ...plan.findings.map(
      ({ outcome, sentence }) => `${paint(COLOURS[outcome], MARKS[outcome])} ${harmless(sentence)}`,
    ),
    '',
    plan.mayStart
      ? 'It could start now. Nothing was changed.'
      : 'It could not start now. Nothing was changed.',
  ]
}

function planTitle({ verb, slot, from, fromVersion, toVersion }: PlanView): string {
  const now =
    from === null ? 'nothing is live yet' : `now ${harmless(fromVersion ?? 'an unknown build')} in ${from}`
  const then = toVersion === null ? slot : `${harmless(toVersion)} in ${slot}`
  return `A ${verb} would move the traffic to ${then} (${now}):`
}
