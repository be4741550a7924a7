import { z } from 'zod'
import type { RoutingState } from '../release/ports.ts'
import { SLOTS, type Slot, slotSchema } from '../release/slot.ts'

/** Where one generation's own description lies, beside its flags. */
export const STATE_FILE = 'state.json'

/** Deployment ids become parts of file names, so their characters are those of `nginx/request.conf` and no others. */
const deploymentIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')

/** `state.json`, and the body of nginx's internal `/state`. Nothing in it can leave the directory or hold a name from a user. */
export const routingStateSchema = z
  .strictObject({
    generation: z.number().int().positive(),
    live: slotSchema.nullable(),
    up: z.array(slotSchema),
    shares: z.partialRecord(slotSchema, z.number().int().min(0).max(100)),
    pins: z.array(z.strictObject({ deploymentId: deploymentIdSchema, slot: slotSchema })),
    // Generations of before it was there have none.
    console: slotSchema.nullable().default(null),
    barred: z.array(slotSchema).default([]),
    release: z.number().int().nonnegative().nullable(),
  })
  .superRefine((state, context) => {
    for (const message of contradictions(state)) context.addIssue({ code: 'custom', message })
  })

/** The names of a generation's flag files, sorted. A slot that is not up gets none, whatever pins and shares say. */
export function flagsOf(state: RoutingState): string[] {
  const up = SLOTS.filter((slot) => state.up.includes(slot))
  const buckets = bucketFlags(state, up)
  const pins = state.pins.filter((pin) => up.includes(pin.slot))
  return [
    ...(state.live ? [`live-${state.live}`] : []),
    ...up.map((slot) => `up-${slot}`),
    ...(buckets.length > 0 ? ['canary'] : []),
    ...buckets,
    ...up.filter((slot) => slot === state.console).map((slot) => `console-${slot}`),
    ...pins.map((pin) => `dpl-${pin.deploymentId}-${pin.slot}`),
  ].toSorted()
}

/** The flag that is executable, by which nginx/quick_target.conf knows that no visitor is counted apart; null where some are. */
export function executableFlag(state: RoutingState): string | null {
  return state.live === null || flagsOf(state).includes('canary') ? null : `live-${state.live}`
}

/** `state.json` with its keys in one order and one pin a line, which is also what `rollback.sh` reads without a parser. */
export function renderState(state: RoutingState): string {
  const pins = state.pins.map(
    (pin) => `    ${JSON.stringify({ deploymentId: pin.deploymentId, slot: pin.slot })}`,
  )
  return [
    '{',
    `  "generation": ${state.generation},`,
    `  "live": ${JSON.stringify(state.live)},`,
    `  "up": ${JSON.stringify(SLOTS.filter((slot) => state.up.includes(slot)))},`,
    `  "shares": ${JSON.stringify(state.shares)},`,
    pins.length === 0 ? '  "pins": [],' : `  "pins": [\n${pins.join(',\n')}\n  ],`,
    `  "console": ${JSON.stringify(state.console)},`,
    // A director of before it was there reads every generation that has none.
    ...(state.barred.length > 0 ? [`  "barred": ${JSON.stringify(state.barred)},`] : []),
    `  "release": ${state.release}`,
    '}',
    '',
  ].join('\n')
}

/** Buckets are given out from 00 on, so that a growing share keeps the visitors that it has. */
function bucketFlags(state: RoutingState, up: readonly Slot[]): string[] {
  const flags: string[] = []
  for (const slot of up) {
    if (slot === state.live) continue
    const first = flags.length
    for (let bucket = first; bucket < first + (state.shares[slot] ?? 0); bucket++) {
      flags.push(`b${String(bucket).padStart(2, '0')}-${slot}`)
    }
  }
  return flags
}

function contradictions(state: RoutingState): string[] {
  const ids = state.pins.map((pin) => pin.deploymentId.toLowerCase())
  const shared = SLOTS.reduce((sum, slot) => sum + (state.shares[slot] ?? 0), 0)
  return [
    ...(state.live && !state.up.includes(state.live) ? [`the live slot ${state.live} is not up`] : []),
    ...state.barred.filter((slot) => state.up.includes(slot)).map((slot) => `the barred slot ${slot} is up`),
    ...(new Set(state.up).size < state.up.length ? ['a slot is up twice'] : []),
    ...(shared > 100 ? [`the shares add up to ${shared} percent`] : []),
    ...(new Set(ids).size < ids.length ? ['a deployment id is pinned twice'] : []),
  ]
}
