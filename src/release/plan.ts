import type { ReleaseVerb } from './release.ts'
import type { Slot } from './slot.ts'
import type { StepName } from './step-names.ts'

export type PlannedStep = { name: StepName; label: string }

export type PlanFacts = {
  verb: ReleaseVerb
  slot: Slot
  /** The slot that has the traffic now; null before the first release. */
  from: Slot | null
  source: 'tree' | 'ref' | 'image' | 'standby'
  /** A rollback that starts the standby anew, with the environment of now. */
  isRenewed?: boolean
}

/**
 * The steps of a release, in order. A dry run prints this list and a release executes it: there is no other.
 * Migrations will stand between `build` and `drain`, the watch over live traffic between `confirm` and `record`.
 */
export function planRelease(facts: PlanFacts): PlannedStep[] {
  return namesOf(facts).map((name) => ({ name, label: labelOf(name, facts) }))
}

function namesOf({ verb, from, isRenewed }: PlanFacts): readonly StepName[] {
  if (verb === 'rollback' && isRenewed) return RENEWED
  if (verb === 'rollback') return ['preflight', 'health', 'switch', 'confirm', 'record']
  if (from === null)
    return ['preflight', 'build', 'start', 'health', 'assets', 'seed', 'switch', 'confirm', 'record']
  return ['preflight', 'build', 'drain', 'start', 'health', 'assets', 'switch', 'confirm', 'record']
}

const RENEWED = ['preflight', 'drain', 'start', 'health', 'switch', 'confirm', 'record'] as const

function labelOf(name: StepName, facts: PlanFacts): string {
  return LABELS[name](facts)
}

const LABELS: Readonly<Record<StepName, (facts: PlanFacts) => string>> = {
  preflight: () => 'Check the host, the configuration and the source',
  build: ({ source }) => (source === 'image' ? 'Resolve the image' : 'Build the image'),
  drain: ({ slot }) => `Wait until ${slot} has no request left`,
  start: ({ slot, isRenewed }) =>
    isRenewed ? `Start ${slot} anew with the environment of now` : `Start the build in ${slot}`,
  health: ({ slot, verb, isRenewed }) =>
    verb === 'rollback' && !isRenewed ? `Check that ${slot} is healthy` : `Wait until ${slot} is healthy`,
  assets: () => 'Publish its static files',
  seed: ({ slot }) => `Start the same build beside ${slot}, as standby`,
  switch: ({ slot }) => `Move the traffic to ${slot}`,
  confirm: () => 'Confirm the move through nginx',
  record: () => 'Record what is live',
}
