import type { Releases } from '../../src/director/releases.ts'
import { releases } from '../../src/director/releases.ts'
import { type Settling, settling } from '../../src/director/settling.ts'
import type { Actor, Build } from '../../src/release/release.ts'
import { type Life, newLife } from './faults.ts'
import { freeLock, isHeld } from './memory-lock.ts'
import { newBuild, portsOver } from './ports.ts'
import type { World } from './world.ts'

/** A person, whom no freeze keeps from deploying. */
export const ACTOR: Actor = { kind: 'operator', name: 'ada' }
export const LOCK = 'deploy.lock'

export type Director = {
  life: Life
  verbs: Releases
  left: Settling
  /** What the next build is to be, where it is no new one. */
  next: { build: Build | null; isIll: boolean }
  /** Releases whose abort was accepted. */
  aborted: Set<number>
}

/** The director's own verbs and its settling, over ports in memory. */
export function newDirector(world: World): Director {
  freeLock(LOCK)
  world.seenWell = { primary: null, secondary: null }
  const life = newLife(world)
  const next: Director['next'] = { build: null, isIll: false }
  const aborted = new Set<number>()
  const parts = portsOver(life, (release) => {
    if (next.build !== null) return next.build
    if (next.isIll) world.ill.add(release)
    return newBuild(release)
  })
  const left = settling({
    parts,
    lockPath: LOCK,
    log: () => undefined,
    script: {
      read: async () => world.word,
      forget: async () => {
        if (!life.isDead) world.word = null
      },
    },
  })
  const verbs = releases({
    parts,
    logs: { append: () => undefined, read: async () => [] },
    changes: { announce: () => undefined, follow: () => undefined },
    lockPath: LOCK,
    settle: left.underLock,
  })
  life.onAbort = () => {
    try {
      aborted.add(verbs.abort({}, ACTOR).id)
    } catch {
      // Refused, as it is to be once the traffic moves.
    }
  }
  life.onSecond = () => {
    if (!isHeld(LOCK)) return
    verbs.deploy({ source: { kind: 'tree' }, label: null, note: null }, ACTOR).then(
      () => world.violations.push('a second release was let in beside the first'),
      () => undefined,
    )
  }
  return { life, verbs, left, next, aborted }
}
