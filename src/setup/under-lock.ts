import { join } from 'node:path'
import type { Holder } from '../director/protocol.ts'
import { readHolder, takeLock } from '../state/lock.ts'
import { clock } from './clock.ts'
import { beforeSignalEnds } from './on-signals.ts'
import type { Paths } from './paths.ts'

const PATIENCE_MS = 5_000
const POLL_EVERY_MS = 200

/** `busy` says who is at work instead, without a full stop. */
export type UnderLock<T> = { result: T } | { busy: string }

/**
 * Runs `work` while no release can begin; `verb` is what others are told meanwhile. Where one is under way already,
 * containers and the file that names them are not set-up's to change, and `work` does not run.
 */
export async function underLock<T>(
  paths: Paths,
  { user, verb }: { user: string; verb: string },
  work: () => Promise<T>,
): Promise<UnderLock<T>> {
  const path = join(paths.state, 'deploy.lock')
  const actor = { kind: 'host', name: user } as const
  const holder = { verb, release: null, actor, since: new Date().toISOString() }
  const deadlineMs = performance.now() + PATIENCE_MS
  let held = await takeLock(path, holder)
  while (held === null && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS))
    held = await takeLock(path, holder)
  }
  if (held === null) return { busy: busyWords(await readHolder(path)) }
  // A killed process loses the lock by itself; the file with its name would stay.
  const isDone = beforeSignalEnds(() => held.release())
  try {
    return { result: await work() }
  } finally {
    await isDone()
    held.release()
  }
}

/** Who is at work, what on, and since when. */
export function busyWords(holder: Holder | null): string {
  if (holder === null) return 'A release is under way'
  const { verb, release, actor, since } = holder
  const what = `The ${verb}${release === null ? '' : ` (release ${release})`} by ${actor.name}`
  return `${what} is under way since ${clock(since)}`
}
