import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Cell } from './cells.ts'
import type { Points } from './points.ts'
import type { RigOptions } from './rig.ts'
import type { CellResult } from './run-cell.ts'
import type { ShardMessage } from './shard.ts'
import type { StarvedRollback } from './starved-rollbacks.ts'

/** A machine in a process of its own, which runs one cell at a time. */
export type Shard = {
  /** When its system is up: the points of a clean release there. */
  ready: Promise<Points>
  run(cell: Cell): Promise<CellResult>
  /** Rolls back so often on a starved machine. */
  starve(count: number): Promise<StarvedRollback[]>
  /** Removes the machine and ends the process. */
  end(): Promise<void>
}

export function startShard(options: RigOptions, seed: number): Shard {
  // A group of its own: Ctrl-C is the parent's, which then lets every machine be removed.
  const child = fork(join(import.meta.dirname, 'shard.ts'), [JSON.stringify(options), String(seed)], {
    detached: true,
  })
  const ready = Promise.withResolvers<Points>()
  let running: PromiseWithResolvers<CellResult> | null = null
  let starving: PromiseWithResolvers<StarvedRollback[]> | null = null
  const fail = (reason: string): void => {
    const error = new Error(`${options.name}: ${reason}`)
    ready.reject(error)
    running?.reject(error)
    starving?.reject(error)
  }
  ready.promise.catch(() => undefined)
  child.on('message', (message: ShardMessage) => {
    if (message.kind === 'ready') ready.resolve(message.points)
    if (message.kind === 'result') running?.resolve(message.result)
    if (message.kind === 'starved') starving?.resolve(message.rollbacks)
    if (message.kind === 'failed') fail(message.reason)
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      fail('the shard has ended')
      resolve()
    })
  })
  return {
    ready: ready.promise,
    run: (cell) => {
      running = Promise.withResolvers<CellResult>()
      child.send(cell)
      return running.promise
    },
    starve: (count) => {
      starving = Promise.withResolvers<StarvedRollback[]>()
      child.send({ starvedRollbacks: count })
      return starving.promise
    },
    end: async () => {
      if (child.connected) child.send('end')
      await ended
    },
  }
}
