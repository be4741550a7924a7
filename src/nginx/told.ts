import { existsSync } from 'node:fs'
import { chmod, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Slot, slotSchema } from '../release/slot.ts'

/** All that slots see of the routing: a directory of its own, which compose mounts in both. */
const DIRECTORY = 'told'
/** A symlink to the name of the live slot; there is none while no slot is live. */
const LINK = 'slot'

/** The slot that is told to be live. Null where none is, or what is told can't be read. */
export async function toldLive(liveDir: string): Promise<Slot | null> {
  const name = await readlink(join(liveDir, DIRECTORY, LINK)).catch(() => null)
  return slotSchema.nullable().catch(null).parse(name)
}

/**
 * Makes ready to tell the slots who is live, and answers with how: by one rename, which takes no room, so that no full disk
 * comes between it and the move that it tells of. The caller holds the release lock.
 */
export async function readyToTell(liveDir: string, live: Slot | null): Promise<() => Promise<void>> {
  const directory = join(liveDir, DIRECTORY)
  const link = join(directory, LINK)
  await mkdir(directory, { recursive: true })
  // Slots read as another user than the director, whatever the director's umask is.
  await chmod(directory, 0o755)
  if (live === null) return () => rm(link, { force: true })
  await rm(`${link}.tmp`, { recursive: true, force: true })
  await symlink(live, `${link}.tmp`)
  return () => rename(`${link}.tmp`, link)
}

/** Whether what the slots are told is what nginx reads, and how it comes to be so again. */
export type Told = {
  isRight(): Promise<boolean>
  /** Answers with the slot that is told to be live now. The caller holds the release lock. */
  mend(): Promise<Slot | null>
}

export function toldIn(liveDir: string): Told {
  return {
    isRight: async () => (await toldLive(liveDir)) === flaggedLive(liveDir),
    mend: async () => {
      const live = flaggedLive(liveDir)
      const tell = await readyToTell(liveDir, live)
      await tell()
      return live
    },
  }
}

/** The live slot by its flag. As in nginx/upstream_target.conf: where there are both, the second wins. */
export function flaggedLive(liveDir: string): Slot | null {
  const generation = join(liveDir, 'current')
  if (existsSync(join(generation, 'live-secondary'))) return 'secondary'
  return existsSync(join(generation, 'live-primary')) ? 'primary' : null
}
