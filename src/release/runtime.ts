import { z } from 'zod'
import type { Build, Release, ReleaseVerb } from './release.ts'
import type { StepName } from './step-names.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * What a slot is started with beside its build, each part by the hash of what it holds and kept under state/. A null part is
 * from before its kind was recorded: the slot gets then what the compose file gives it by default.
 */
export const runtimeSchema = z.object({ environment: hash.nullable(), preload: hash.nullable() })

export type Runtime = z.infer<typeof runtimeSchema>

export const UNRECORDED: Runtime = { environment: null, preload: null }

/** All that a slot is started with. `release`: the number that it reports of itself. */
export type SlotStart = { build: Build; release: number; runtime: Runtime }

/** Whether the release makes a container of its own: a deploy does, and a rollback that takes the environment of now. */
export function startsSlot({
  verb,
  steps,
}: {
  verb: ReleaseVerb
  steps: readonly { name: StepName }[]
}): boolean {
  return verb === 'deploy' || steps.some(({ name }) => name === 'start')
}

/** How the build of `release` is started, now and whenever it is brought back. Null while it has none. */
export function startOf({ id, build, runtime }: Pick<Release, 'id' | 'build' | 'runtime'>): SlotStart | null {
  return build && { build, release: id, runtime }
}
