import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export type When = 'before' | 'after'

/** The harness's end of `breakpoints.ts`: files in a directory that the director sees under the same path. */
export type Breakpoints = {
  directory: string
  /** Asks the director to stop where `point` (any one, where it is `*`) comes next, after `skip` others that match. */
  stopAt(when: When, point: string, skip?: number): void
  /** Lets the director go on from where it stands, to stop again there. */
  goOnTo(when: When, point: string): void
  /** Answers with what was reached; null where `endMs` (of `performance.now`) or `isOver` came first. */
  reached(endMs: number, isOver?: () => boolean): Promise<string | null>
  /** Lets the director go on, and whatever starts next too. */
  go(): void
  /** The points that were passed since the last call, in order. */
  trace(): string[]
}

const POLL_MS = 3

export function breakpointsIn(directory: string): Breakpoints {
  mkdirSync(directory, { recursive: true })
  const path = (name: string): string => join(directory, name)
  const drop = (...names: string[]): void => {
    for (const name of names) rmSync(path(name), { force: true })
  }
  const stopAt: Breakpoints['stopAt'] = (when, point, skip = 0) => {
    drop('reached', 'go')
    writeFileSync(path('stop'), `${when} ${point} ${skip}\n`)
  }
  return {
    directory,
    stopAt,
    goOnTo: (when, point) => {
      stopAt(when, point)
      writeFileSync(path('go'), '')
    },
    reached: async (endMs, isOver = () => false) => {
      while (performance.now() < endMs && !isOver()) {
        if (existsSync(path('reached'))) return readFileSync(path('reached'), 'utf8').trim()
        await delay(POLL_MS)
      }
      return null
    },
    go: () => {
      drop('stop', 'reached')
      writeFileSync(path('go'), '')
    },
    trace: () => {
      const text = existsSync(path('trace')) ? readFileSync(path('trace'), 'utf8') : ''
      drop('trace')
      return text.split('\n').filter(Boolean)
    },
  }
}
