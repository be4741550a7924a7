import { journalEventSchema } from '../../src/release/journal-event.ts'
import { type PlanFacts, planRelease } from '../../src/release/plan.ts'
import type { ReleaseVerb } from '../../src/release/release.ts'

/** The points that a clean release of each verb passes, in order, as `breakpoints.ts` names them. */
export type Points = Readonly<Record<ReleaseVerb, readonly string[]>>

/** Written only where something went wrong; the faults themselves bring them about. */
const ONLY_AFTER_FAULTS = ['failed', 'aborted', 'recovered']

const PLANS: Readonly<Record<ReleaseVerb, PlanFacts>> = {
  deploy: { verb: 'deploy', slot: 'secondary', from: 'primary', source: 'image' },
  rollback: { verb: 'rollback', slot: 'secondary', from: 'primary', source: 'standby' },
}

/** Makes each name single: what comes again within a release is told by its number. */
export function numbered(trace: readonly string[]): string[] {
  return trace.map((name, index) => {
    const before = trace.slice(0, index).filter((other) => other === name).length
    return before === 0 ? name : `${name}#${before + 1}`
  })
}

/** A step's end, where the next step begins with nothing between. */
export function isOneWithNext(points: readonly string[], point: string | undefined): boolean {
  if (!point?.endsWith(':ended')) return false
  return points[points.indexOf(point) + 1]?.endsWith(':started') ?? false
}

/**
 * What the plans and the journal's schema promise and no clean release has passed, in sentences: a step or an event that
 * is new is not left out of the matrix unasked.
 */
export function missingPoints(points: Points): string[] {
  const steps = (['deploy', 'rollback'] as const).flatMap((verb) =>
    planRelease(PLANS[verb]).flatMap(({ name }) =>
      ['started', 'ended']
        .filter((end) => !points[verb].includes(`${name}:${end}`))
        .map((end) => `A clean ${verb} passes no point ${name}:${end}, which its plan promises.`),
    ),
  )
  const names = new Set([...points.deploy, ...points.rollback].map((point) => point.split(':').at(-1)))
  const named = (type: string): string => type.replace(/^step-/, '')
  const events = journalEventSchema.options
    .map(({ shape }) => shape.type.value)
    .filter((type) => !ONLY_AFTER_FAULTS.includes(type) && !names.has(named(type)))
    .map((type) => `No clean release writes the event "${type}".`)
  return [...steps, ...events]
}
