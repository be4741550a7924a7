import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { wordsOf } from '../release/messages.ts'
import type { Build } from '../release/release.ts'
import { NO_ROUTING, nextRouting } from '../release/routing.ts'
import { type Parts, recordLive } from '../release/steps.ts'
import { takeLock } from '../state/lock.ts'

/** Takes the slots over that compose has started before there was a director, once: as the first release, with primary live. */
export type FirstSlots = {
  /** Does so where it is still to be done and primary is healthy. Never throws. */
  now(): Promise<void>
}

export type FirstSlotsOptions = {
  parts: Parts
  lockPath: string
  /** The file by which a first start says so. */
  markerPath: string
  log(release: number, text: string): void
}

const ACTOR = { kind: 'director', name: 'The director' } as const
/** What compose gives the slots as their release, before there was any. */
const FIRST_RELEASE = 1
const DEADLINE_MS = 60_000
const TAKEN_OVER = 'Compose had started both slots; the director took them over.'
const DEPLOYMENT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

export function firstSlots({ parts, lockPath, markerPath, log }: FirstSlotsOptions): FirstSlots {
  const { journal, traffic } = parts
  let said: string | null = null

  /** With a release in the journal, be it one that failed, nothing is first any more. */
  async function isPending(): Promise<boolean> {
    if (!existsSync(markerPath)) return false
    if (journal.list({ before: null, limit: 1 }).length === 0) return true
    await rm(markerPath, { force: true })
    return false
  }

  /**
   * The routing comes first: one that is killed after it finds the journal empty yet, and does it all again. With a release in the
   * journal, which has its build from the first, recovery finishes it.
   */
  async function take(signal: AbortSignal): Promise<void> {
    const build = await builtByCompose(parts, signal)
    const lines: string[] = []
    await parts.assets.publish('primary', build, (text) => lines.push(text), signal)
    const routing = (await traffic.read()) ?? NO_ROUTING
    const builds = { primary: build, secondary: build }
    await traffic.write(nextRouting(routing, { live: 'primary', builds, bars: [], release: FIRST_RELEASE }))
    const { id } = journal.create({
      ...{ verb: 'deploy', source: { kind: 'tree' }, slot: 'primary', from: null, build },
      ...{ replaces: null, label: null, note: 'First release', actor: ACTOR, steps: [] },
    })
    journal.append(id, { type: 'switching' })
    journal.append(id, { type: 'recovered', sentence: TAKEN_OVER })
    const live = journal.append(id, { type: 'live' })
    for (const line of lines) log(id, line)
    await recordLive(parts, live)
    await rm(markerPath, { force: true })
    console.log(`Release ${id}: compose had started both slots; ${build.version} is live in primary.`)
  }

  async function lockAndTake(): Promise<void> {
    if (!(await isPending())) return
    const signal = AbortSignal.timeout(DEADLINE_MS)
    await builtByCompose(parts, signal)
    const held = await takeLock(lockPath, {
      ...{ verb: 'first release', release: null, actor: ACTOR },
      since: new Date().toISOString(),
    })
    if (!held) return
    try {
      if (await isPending()) await take(signal)
    } finally {
      held.release()
    }
  }

  return {
    now: async () => {
      try {
        await lockAndTake()
      } catch (cause) {
        const sentence = `The slots that compose has started can't be taken over yet: ${wordsOf(cause)}.`
        if (said !== sentence) console.log(sentence)
        said = sentence
      }
    },
  }
}

/** What runs in primary, as the slot says itself: its image was given no id from outside. Throws where it is not healthy. */
async function builtByCompose({ slots, health }: Parts, signal: AbortSignal): Promise<Build> {
  const container = await slots.inspect('primary', signal)
  if (container === null) throw new Error('primary has no container')
  const { payload } = await health.probe('primary', signal)
  if (payload.status !== 'operational') throw new Error(`primary says that it is ${payload.status}`)
  if (payload.release !== FIRST_RELEASE) throw new Error(`primary runs release ${payload.release}, not 1`)
  const { deploymentId, version } = payload
  const isUsable = deploymentId !== null && DEPLOYMENT_ID.test(deploymentId)
  return {
    ...{ image: container.image, version, revision: null, hasConsole: true, madeBy: FIRST_RELEASE },
    deploymentId: isUsable ? deploymentId : null,
  }
}
