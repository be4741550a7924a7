import { setTimeout as delay } from 'node:timers/promises'
import type Docker from 'dockerode'
import type { Slot } from '../release/slot.ts'
import { type ContainerLogLine, followContainerLog, type LogStart } from './logs.ts'
import type { Project } from './project.ts'
import { findSlotContainer } from './slot-container.ts'

const LOOK_AGAIN_MS = 500

/**
 * The last `tail` lines of a slot, then each new one until `signal` is aborted. It goes on in the container that replaces
 * the first one, and mostly when that starts anew: Docker 20.10 now and then keeps such a stream open and silent.
 * Throws `docker-unreachable`.
 */
export async function* followSlotLog(
  docker: Docker,
  project: Project,
  slot: Slot,
  tail: number,
  signal: AbortSignal,
): AsyncGenerator<ContainerLogLine> {
  let followed: string | null = null
  let newestAt: string | null = null
  while (!signal.aborted) {
    const container = await findSlotContainer(docker, project, slot, signal)
    if (container !== null && (container.state === 'running' || container.id !== followed)) {
      if (container.id !== followed) newestAt = null
      // All that a second container has written is new; of the first one, what was asked for.
      const start: LogStart = { tail: followed === null ? tail : null, after: newestAt }
      followed = container.id
      for await (const line of followContainerLog(docker, container.id, start, signal)) {
        newestAt = line.at
        yield line
      }
    }
    await delay(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined)
  }
}
