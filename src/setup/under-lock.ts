import { join } from 'node:path'
import { readHolder, takeLock } from '../state/lock.ts'
import type { Paths } from './paths.ts'
import type { Progress } from './progress.ts'

const PATIENCE_MS = 5_000
const POLL_EVERY_MS = 200

/**
 * Runs `work` while no release can begin. Answers null, and says who is at work, where one is under way: its containers,
 * and the file that names them, are then not set-up's to change.
 */
export async function underLock<T>(
  paths: Paths,
  user: string,
  progress: Progress,
  work: () => Promise<T>,
): Promise<T | null> {
  const path = join(paths.state, 'deploy.lock')
  const actor = { kind: 'host', name: user } as const
  const holder = { verb: 'set-up', release: null, actor, since: new Date().toISOString() }
  const deadlineMs = performance.now() + PATIENCE_MS
  let held = await takeLock(path, holder)
  while (held === null && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS))
    held = await takeLock(path, holder)
  }
  if (held === null) {
    const other = await readHolder(path)
    const what = other === null ? 'Something else' : `A ${other.verb} by ${other.actor.name}`
    progress.note(
      `${what} is under way, so containers and settings are left as they are. Run the command again after it to apply changes.`,
    )
    return null
  }
  try {
    return await work()
  } finally {
    held.release()
  }
}
