import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Release, ReleaseVerb } from '../../src/release/release.ts'
import { until } from '../engine/until.ts'
import type { Rig } from './rig.ts'

const ENDED_DEADLINE_MS = 30_000
/** Each look is work for the director, on a machine that is busy with several of them. */
const POLL_MS = 150

/** Asks for a release, and answers when the director does. */
export function begin(rig: Rig, verb: ReleaseVerb): Promise<Release> {
  return verb === 'deploy' ? deployNext(rig) : rig.system.rollback()
}

/** A build that neither slot holds, with files that are published anew, so that every deploy passes the same points. */
async function deployNext(rig: Rig): Promise<Release> {
  await allowDeploys(rig)
  const { slots } = await rig.system.status()
  const held = [slots.primary.version, slots.secondary.version]
  const image = rig.builds.find((tag) => !held.includes(versionOf(tag))) ?? rig.builds[0] ?? ''
  const published = join(rig.system.dir, 'state/assets', versionOf(image).replaceAll('.', '-'))
  rmSync(published, { recursive: true, force: true })
  return rig.system.deploy({ kind: 'image', image, hasConsole: true })
}

/** A rollback keeps machines from deploying until somebody lifts that. */
async function allowDeploys({ system }: Rig): Promise<void> {
  const answer = await system.director.raw('/v1/unfreeze', { method: 'POST', body: '{}' })
  await answer.body?.cancel()
}

const versionOf = (tag: string): string => tag.slice(tag.lastIndexOf(':') + 1)

/** One release from its beginning to its end. */
export async function released(
  rig: Rig,
  verb: ReleaseVerb,
  deadlineMs = ENDED_DEADLINE_MS,
): Promise<Release> {
  const { id } = await begin(rig, verb)
  const look = async (): Promise<Release | null> => {
    const release = await rig.system.release(id)
    return release.endedAt !== null && (await rig.system.status()).running === null ? release : null
  }
  return until(`release ${id} has ended`, deadlineMs, look, POLL_MS)
}

/** Waits until no release runs, or the deadline has come. Never throws. */
export async function ended(rig: Rig, deadlineMs = ENDED_DEADLINE_MS): Promise<void> {
  const endMs = performance.now() + deadlineMs
  while (performance.now() < endMs) {
    const status = await rig.system.status().catch(() => null)
    if (status !== null && status.running === null) return
    await delay(POLL_MS)
  }
}
