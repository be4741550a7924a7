import { released } from './releases.ts'
import type { Rig } from './rig.ts'
import { giveCores } from './starve.ts'

/** All containers together, with visitors who ask every 10 ms. */
const CORES = 0.1

export type StarvedRollback = { tookMs: number; state: string; told: string | null }

/** Rolls back to and fro on a starved machine, which is given its processor back in the end, whatever comes. */
export async function starvedRollbacks(rig: Rig, count: number): Promise<StarvedRollback[]> {
  const rollbacks: StarvedRollback[] = []
  giveCores(rig.system.name, CORES)
  try {
    for (let n = 0; n < count; n++) {
      const startedMs = performance.now()
      const { state, error, recovery } = await released(rig, 'rollback', STARVED_DEADLINE_MS)
      rollbacks.push({ tookMs: performance.now() - startedMs, state, told: error?.what ?? recovery })
    }
    return rollbacks
  } finally {
    giveCores(rig.system.name, null)
  }
}

const STARVED_DEADLINE_MS = 120_000

export function rollbackLines(rollbacks: readonly StarvedRollback[]): string[] {
  const seconds = rollbacks.map(({ tookMs }) => (tookMs / 1_000).toFixed(1))
  const live = rollbacks.filter(({ state }) => state === 'live')
  return [
    `${live.length} of ${rollbacks.length} rollbacks on a tenth of a core went through, in ${seconds.join(', ')} s`,
    ...rollbacks.flatMap(({ state, told }, index) =>
      state === 'live' ? [] : [`  rollback ${index + 1} is ${state}: ${told}`],
    ),
  ]
}
