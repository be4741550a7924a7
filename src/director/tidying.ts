import { ReleaseError } from '../release/errors.ts'
import { wordsOf } from '../release/messages.ts'
import type { LogSink } from '../release/ports.ts'
import { isPruneNeeded, prune } from '../release/pruning.ts'
import type { Parts } from '../release/steps.ts'
import { takeLock } from '../state/lock.ts'
import type { Holder } from './protocol.ts'

/** Prunes by itself, and is in nobody's way: it takes the lock for one build at a time, and gives way to every verb. */
export type Tidying = {
  /** Begins, unless it is at it. What it does is told to `log`; where it can't go on, the next call does. */
  begin(log: LogSink): void
  /** Ends when it has let go of the lock, which takes as long as the removal of one build at most. */
  giveWay(): Promise<void>
  /** Ends when it has done what there was to do. */
  ended(): Promise<void>
}

/** Whether who holds the lock does so only until a verb wants it. */
export function givesWay(holder: Holder | null): boolean {
  return holder?.actor.kind === 'director' && holder.verb === HOLDER.verb
}

const HOLDER = { verb: 'prune', release: null, actor: { kind: 'director', name: 'The director' } } as const

export function tidying(parts: Parts, lockPath: string): Tidying {
  let underWay: { controller: AbortController; done: Promise<void> } | null = null

  async function turn<T>(work: () => Promise<T>): Promise<T> {
    const held = await takeLock(lockPath, { ...HOLDER, since: new Date().toISOString() })
    if (!held) throw new ReleaseError('busy')
    try {
      return await work()
    } finally {
      held.release()
    }
  }

  async function tidy(log: LogSink, signal: AbortSignal): Promise<void> {
    try {
      if (await isPruneNeeded(parts, signal)) await prune(parts, log, signal, { turn })
    } catch (cause) {
      const isInTheWay = signal.aborted || (cause instanceof ReleaseError && cause.code === 'busy')
      if (!isInTheWay) log(`Old builds could not be pruned: ${wordsOf(cause)}.`)
    }
  }

  return {
    begin: (log) => {
      if (underWay !== null) return
      const controller = new AbortController()
      const done = tidy(log, controller.signal).finally(() => {
        underWay = null
      })
      underWay = { controller, done }
    },
    giveWay: async () => {
      underWay?.controller.abort()
      await underWay?.done
    },
    ended: async () => underWay?.done,
  }
}
