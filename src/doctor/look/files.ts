import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { SLOTS, type Slot } from '../../release/slot.ts'

/** `user` of the slots and of nginx in the compose file. */
const RUNTIME_ID = 1_000

export type FileKind = 'directory' | 'file' | 'socket'

type Expected = {
  /** Below the project's directory. */
  path: string
  kind: FileKind
  mode: number
  userId: number
  groupId: number
  /** `optional` comes with the director's first start; a socket is there while the director is. */
  need: 'always' | 'optional' | 'with-director'
}

/** A path that set-up or the director makes; `found` is null where it is missing. */
export type FileSight = Expected & {
  found: { kind: FileKind | 'other'; mode: number; userId: number; groupId: number; bytes: number } | null
}

const root = { userId: 0, groupId: 0 }
const directory = (path: string, mode: number, owner = root): Expected => ({
  ...{ path, kind: 'directory', mode, need: 'always' },
  ...owner,
})
const slots = { userId: 0, groupId: RUNTIME_ID }
const socketOf = (name: Slot | 'slots', need: Expected['need']): Expected => ({
  ...{ path: `state/run/${name}/director.sock`, kind: 'socket', mode: 0o660, need },
  ...slots,
})
const secret = (path: string, need: Expected['need']): Expected => ({
  ...{ path, kind: 'file', mode: 0o600, need },
  ...root,
})

/** Owners and modes as compose's users need them: as `prepareState` and the director make them. */
const EXPECTED: readonly Expected[] = [
  directory('state', 0o755),
  directory('state/logs', 0o755),
  directory('state/assets', 0o755),
  directory('state/traffic', 0o755, { userId: RUNTIME_ID, groupId: RUNTIME_ID }),
  directory('state/run', 0o755),
  directory('state/run/host', 0o700),
  ...SLOTS.map((slot) => directory(`state/run/${slot}`, 0o750, slots)),
  directory('state/secrets', 0o700),
  directory('nginx/live', 0o755),
  secret('state/secrets/auth.key', 'always'),
  secret('state/journal.db', 'optional'),
  secret('state/identity.db', 'optional'),
  { path: 'state/run/host/director.sock', kind: 'socket', mode: 0o600, need: 'with-director', ...root },
  ...SLOTS.map((slot) => socketOf(slot, 'with-director')),
  // Of slots that were started before each had its own; the director takes it away after the last of them.
  { ...directory('state/run/slots', 0o750, slots), need: 'optional' },
  socketOf('slots', 'optional'),
]

/** Looks at every path that has to have an owner and a mode. */
export async function lookAtFiles(projectDirectory: string): Promise<FileSight[]> {
  return Promise.all(
    EXPECTED.map(async (expected) => ({
      ...expected,
      found: await foundAt(join(projectDirectory, expected.path)),
    })),
  )
}

async function foundAt(path: string): Promise<FileSight['found']> {
  const found = await lstat(path).catch(() => null)
  if (found === null) return null
  const kind = found.isDirectory()
    ? 'directory'
    : found.isFile()
      ? 'file'
      : found.isSocket()
        ? 'socket'
        : 'other'
  return { kind, mode: found.mode & 0o777, userId: found.uid, groupId: found.gid, bytes: found.size }
}
