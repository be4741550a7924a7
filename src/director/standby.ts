import { ReleaseError } from '../release/errors.ts'
import { bringBackStandby, type LostStandby, lostStandby } from '../release/lost-standby.ts'
import { wordsOf } from '../release/messages.ts'
import type { Parts } from '../release/steps.ts'
import { takeLock } from '../state/lock.ts'

/** Brings a standby back that a release had taken out of reach and could not bring back itself, as where Docker was gone. */
export type StandbyKeeper = {
  /** Tries it where a standby is lost and its time has come, under the lock. Never throws. */
  now(): Promise<void>
  /** Ends a try that is under way, so that whoever asks for the lock gets it. */
  makeWay(): Promise<void>
}

export type StandbyKeeperOptions = {
  parts: Parts
  lockPath: string
  log(release: number, text: string): void
  /** From one try to the next; the last for ever. */
  pausesMs?: readonly number[]
}

const HOLDER = {
  verb: 'recovery',
  release: null,
  actor: { kind: 'director', name: 'The director' },
} as const

const PAUSES_MS: readonly number[] = [15_000, 60_000, 300_000]
const LOOK_DEADLINE_MS = 5_000
/** Stopping what hangs, and compose. */
const TRY_DEADLINE_MS = 180_000
const LOOK_BACK = 20

type Loss = { key: string; tries: number; nextMs: number; said: string | null }

export function standbyKeeper({
  parts,
  lockPath,
  log,
  pausesMs = PAUSES_MS,
}: StandbyKeeperOptions): StandbyKeeper {
  let problem: string | null = null
  let loss: Loss | null = null
  let running: { controller: AbortController; done: Promise<void> } | null = null

  async function look(): Promise<LostStandby | null> {
    const lost = await lostStandby(parts, AbortSignal.timeout(LOOK_DEADLINE_MS))
    const key = lost && `${lost.holder.slot} ${lost.holder.id}`
    if (key === null) loss = null
    else if (loss?.key !== key) loss = { key, tries: 0, nextMs: performance.now(), said: null }
    return lost
  }

  async function tryIt(signal: AbortSignal): Promise<void> {
    const isDue = ({ isComingUp }: LostStandby): boolean =>
      !isComingUp && loss !== null && performance.now() >= loss.nextMs
    const seen = await look()
    if (!seen || !isDue(seen)) return
    const held = await takeLock(lockPath, { ...HOLDER, since: new Date().toISOString() })
    if (!held) return
    try {
      // Before the lock was held, a release may have come and gone.
      const lost = await look()
      if (!lost || !isDue(lost) || !loss) return
      loss.nextMs = performance.now() + (pausesMs[loss.tries] ?? pausesMs.at(-1) ?? 0)
      loss.tries++
      await bringBack(lost, loss, signal)
    } finally {
      held.release()
    }
  }

  async function bringBack(lost: LostStandby, said: Loss, signal: AbortSignal): Promise<void> {
    const { slot, build } = lost.holder
    try {
      const both = AbortSignal.any([signal, AbortSignal.timeout(TRY_DEADLINE_MS)])
      await bringBackStandby(parts, lost, () => undefined, both)
      say(lost, said, `${build.version} is started in ${slot} again; it is standby once it answers.`)
    } catch (cause) {
      if (signal.aborted) return
      const sentence = `${build.version} could not be brought back to ${slot}: ${wordsOf(cause)}.`
      say(lost, said, `${sentence} The director tries again every few minutes.`)
    }
  }

  /** It is tried again and again, and said once. */
  function say({ holder: { slot } }: LostStandby, loss: Loss, sentence: string): void {
    if (loss.said === sentence) return
    loss.said = sentence
    console.log(sentence)
    const releases = parts.journal.list({ before: null, limit: LOOK_BACK })
    const loser = releases.find((release) => release.slot === slot && release.state !== 'live')
    if (loser) log(loser.id, sentence)
  }

  function complain(cause: unknown): void {
    const sentence = `Whether the standby is lost can't be told: ${wordsOf(cause)}.`
    if (problem !== sentence) console.error(sentence)
    problem = sentence
  }

  return {
    now: async () => {
      if (running) return running.done
      const controller = new AbortController()
      const done = tryIt(controller.signal)
        .then(() => {
          problem = null
        }, complain)
        .finally(() => {
          running = null
        })
      running = { controller, done }
      return done
    },
    makeWay: async () => {
      running?.controller.abort(new ReleaseError('aborted', { who: 'the director' }))
      await running?.done
    },
  }
}
