import { join } from 'node:path'
import { z } from 'zod'
import type { Release } from '../../src/release/release.ts'
import type { StepName } from '../../src/release/step-names.ts'
import { releaseLogs } from '../../src/state/release-log.ts'
import type { RealSystem } from './system.ts'

/** Where the time of one release went, from the journal and its log. */
export type StepTimes = {
  totalMs: number
  stepsMs: Readonly<Partial<Record<StepName, number>>>
  /** What the app itself takes: from the start of its process to its first good answer. */
  ownStartMs: number
}

const FIRST_GOOD_ANSWER = / is operational, 1 of \d/

/** Asked right after the release, while its container is the one that it started. */
export async function timesOf({ system, status }: RealSystem, release: Release): Promise<StepTimes> {
  const lines = await releaseLogs(join(system.dir, 'state/logs')).read(release.id, 0)
  const answered = lines.find(({ text }) => FIRST_GOOD_ANSWER.test(text))
  const { slots } = await status()
  return {
    totalMs: between(release.createdAt, release.steps.at(-1)?.endedAt),
    stepsMs: Object.fromEntries(
      release.steps.map(({ name, startedAt, endedAt }) => [name, between(startedAt, endedAt)]),
    ),
    ownStartMs: between(slots[release.slot].container?.startedAt, answered?.at),
  }
}

const time = z.iso.datetime({ offset: true })

function between(from: unknown, to: unknown): number {
  return Date.parse(time.parse(to)) - Date.parse(time.parse(from))
}
