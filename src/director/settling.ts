import { correctRouting, isRoutingCorrect, isRoutingLost } from '../release/correct-routing.ts'
import { reasonOf } from '../release/errors.ts'
import { wordsOf } from '../release/messages.ts'
import { recover } from '../release/recovery.ts'
import { isLiveRecorded, type Parts } from '../release/steps.ts'
import { isUnrecorded, recordNewest } from '../release/unrecorded.ts'
import { takeLock } from '../state/lock.ts'
import { adoptMove, isMovedElsewhere, type ScriptRollback } from './adopt.ts'

/** Brings the journal and what nginx serves to agree, whoever left them apart: a killed director, `./rollback.sh`, a hand. */
export type Settling = {
  /** Settles what there is, in the lock that the caller holds. Throws what stands in the way, so that no release is built upon it. */
  underLock(): Promise<void>
  /** The same in a lock of its own, if there is anything to settle; where that is held, the next call does. Never throws. */
  now(): Promise<void>
  /** What stands in the way of every release, in a sentence, or null. */
  problem(): string | null
}

export type SettlingOptions = {
  parts: Parts
  lockPath: string
  log(release: number, text: string): void
  /** What `./rollback.sh` left word of. */
  script: { read(): Promise<ScriptRollback | null>; forget(): Promise<void> }
}

const HOLDER = {
  verb: 'recovery',
  release: null,
  actor: { kind: 'director', name: 'The director' },
} as const

export function settling({ parts, lockPath, log, script }: SettlingOptions): Settling {
  const { journal } = parts
  let hasRun = false
  let problem: string | null = null
  let running: Promise<void> | null = null

  async function isNeeded(): Promise<boolean> {
    if (!hasRun || journal.unfinished().length > 0) return true
    const live = journal.newestLive()
    if ((live !== null && isUnrecorded(live)) || !(await isRoutingCorrect(parts))) return true
    return (await isMovedElsewhere(parts)) || !(await isLiveRecorded(parts))
  }

  async function underLock(): Promise<void> {
    if (await isNeeded()) {
      // First, since nobody is served without it.
      if (await isRoutingLost(parts)) await restoreRouting()
      await recoverAll()
      if (await isMovedElsewhere(parts)) await adopt()
      const corrected = await correctRouting(parts)
      if (corrected !== null)
        console.log(`The routing is corrected: ${corrected.up.join(' and ')} can be reached.`)
      await recordNewest(parts, log)
      hasRun = true
    }
    problem = null
  }

  async function restoreRouting(): Promise<void> {
    const routing = await correctRouting(parts)
    if (routing === null) return
    const sentence =
      'nginx/live/current led to no slot, so visitors were not served. The director wrote the routing anew from the journal: ' +
      `${routing.live} is live (generation ${routing.generation}).`
    console.error(sentence)
    if (routing.release !== null) log(routing.release, sentence)
  }

  /** One that can't be settled is left as it is and keeps none of the others from it. */
  async function recoverAll(): Promise<void> {
    const errors: unknown[] = []
    for (const release of journal.unfinished()) {
      try {
        const { recovery } = await recover(parts, release, (text) => log(release.id, text), {
          isOwn: hasRun,
        })
        console.log(`Release ${release.id}: ${recovery}`)
      } catch (cause) {
        say(release.id, `Release ${release.id} can't be settled: ${wordsOf(cause)}.`)
        errors.push(cause)
      }
    }
    if (errors.length > 0) throw errors[0]
  }

  async function adopt(): Promise<void> {
    const word = await script.read().catch((cause: unknown) => {
      console.error(`What ./rollback.sh did can't be read: ${reasonOf(cause)}.`)
      return null
    })
    const { id, recovery } = await adoptMove(parts, word)
    console.log(`Release ${id}: ${recovery}`)
    await script.forget().catch((cause: unknown) => {
      console.error(`What ./rollback.sh did can't be forgotten: ${reasonOf(cause)}.`)
    })
  }

  /** It is tried every few seconds and said once. */
  function say(release: number, sentence: string): void {
    if (problem === sentence) return
    problem = sentence
    console.error(sentence)
    log(release, `${sentence} The director tries again every few seconds.`)
  }

  async function lockAndSettle(): Promise<void> {
    try {
      if (problem === null && !(await isNeeded())) return
      const held = await takeLock(lockPath, { ...HOLDER, since: new Date().toISOString() })
      if (!held) return
      try {
        await underLock()
      } finally {
        held.release()
      }
    } catch (cause) {
      const sentence = `What is live can't be settled: ${wordsOf(cause)}.`
      if (problem === null) console.error(sentence)
      problem ??= sentence
    }
  }

  return {
    underLock,
    now: () => {
      running ??= lockAndSettle().finally(() => {
        running = null
      })
      return running
    },
    problem: () => problem,
  }
}
