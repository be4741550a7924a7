import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../engine/until.ts'
import { viewJournal } from './journal-view.ts'
import type { Rig } from './rig.ts'
import { type Before, lookBefore, unsoundness } from './sound.ts'

const SETTLE_DEADLINE_MS = 60_000
const TRY_AGAIN_MS = 12_000
const TRY_PAUSE_MS = 500
/** Each look is work for the director, on a machine that is busy with several of them. */
const LOOK_EVERY_MS = 150

/** The director has nothing left to do, and everything may be done again. */
export async function settled(rig: Rig, losesStandby: boolean): Promise<void> {
  let last = 'the director does not answer'
  const look = async (): Promise<true | null> => {
    const status = await rig.system.status().catch(() => null)
    if (status === null) return null
    const { running, routing: served, docker, actions } = status
    // What recovery is at is the director's own matter, and not told on a full disk, where no one can write down who holds the lock.
    const [unfinished] = viewJournal(rig).unfinished
    const problems = [
      unfinished && `release ${unfinished.id} is not settled`,
      running && `release ${running.id} is under way`,
      served.problem,
      docker.problem,
      actions.deploy.reason,
      losesStandby ? null : actions.rollback.reason,
    ].filter((problem) => problem !== null && problem !== undefined)
    last = problems.join(' ')
    return problems.length === 0 ? true : null
  }
  await until('everything may be done again', SETTLE_DEADLINE_MS, look, LOOK_EVERY_MS).catch(
    (cause: unknown) => {
      throw new Error(`The director does not settle: ${last}`, { cause })
    },
  )
}

/** The director tries every few seconds what it could not do at first. */
export async function unsoundAtLast(rig: Rig, before: Before, losesStandby: boolean): Promise<string[]> {
  const endMs = performance.now() + TRY_AGAIN_MS
  while (true) {
    const found = await unsoundness(rig, before, losesStandby)
    if (found.length === 0 || performance.now() > endMs) return found
    await delay(TRY_PAUSE_MS)
  }
}

/** Whether a cell that was violated has left nothing behind. */
export async function isSoundAgain(rig: Rig): Promise<boolean> {
  try {
    await settled(rig, false)
    const before = { ...(await lookBefore(rig)), containers: rig.wholeSet }
    return (await unsoundness(rig, before, false)).length === 0
  } catch {
    return false
  }
}
