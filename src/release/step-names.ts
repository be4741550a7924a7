/** Every step that a plan may hold, in the one order in which they may stand. Labels for people: `plan.ts`. */
export const STEP_NAMES = [
  'preflight',
  'build',
  'drain',
  'start',
  'health',
  'assets',
  'seed',
  'switch',
  'confirm',
  'record',
] as const

export type StepName = (typeof STEP_NAMES)[number]
