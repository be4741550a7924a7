import { chmod, lstat, mkdir, open, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../release/errors.ts'
import type { RoutingState } from '../release/ports.ts'
import type { Slot } from '../release/slot.ts'
import { syncDirectory } from '../state/durable-file.ts'
import { isDiskFull } from '../state/reserve.ts'
import { executableFlag, flagsOf, renderState, routingStateSchema, STATE_FILE } from './generation.ts'
import { compare, generationNumber, ledToName } from './read-generation.ts'
import { readyToTell, toldLive } from './told.ts'

/** Earlier generations stay for people to look at, and for requests that still read one of them. */
const KEPT_GENERATIONS = 10
/** The live one, and the one before for the requests that are reading it. */
const KEPT_ON_A_FULL_DISK = 2
const FILE_MODE = 0o644
const EXECUTABLE_MODE = 0o755

/**
 * Makes `next` what nginx serves: a whole directory, then one `rename` of the symlink, each fsynced. That rename is the
 * commit point, and at once the slots are told of it. On a full disk earlier generations make room. May run twice for the same state. Replaces a `current` that
 * leads to no generation; one that is a directory stays beside it under another name, and nobody is served between two
 * renames then. The caller holds the release lock.
 * Throws `internal` (facts: `reason`) for a state that contradicts itself or is not newer than the one there.
 */
export async function writeGeneration(liveDir: string, next: RoutingState): Promise<void> {
  const state = checked(next)
  const name = `gen-${state.generation}`
  await mkdir(liveDir, { recursive: true })
  const current = await ledToName(liveDir)
  if (current === name && (await holds(join(liveDir, name), state))) return tellAnew(liveDir, state.live)
  const currentNumber = current === null ? 0 : (generationNumber(current) ?? 0)
  if (state.generation <= currentNumber) {
    throw refused(`generation ${state.generation} is not newer than ${currentNumber}`)
  }
  await writeDirectory(liveDir, name, state).catch(async (cause: unknown) => {
    if (!isDiskFull(cause)) throw cause
    // Each has files by the dozen, and a disk may be out of files alone.
    await prune(liveDir, currentNumber, KEPT_ON_A_FULL_DISK)
    await writeDirectory(liveDir, name, state)
  })
  await pointCurrentAt(liveDir, name, state.live)
  await prune(liveDir, state.generation)
}

function checked(next: RoutingState): RoutingState {
  const parsed = routingStateSchema.safeParse(next)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw refused(`a routing state is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`)
}

async function holds(directory: string, state: RoutingState): Promise<boolean> {
  const names = await readdir(directory)
  if (!names.includes(STATE_FILE)) return false
  const flags = names.filter((file) => file !== STATE_FILE)
  const text = await readFile(join(directory, STATE_FILE), 'utf8')
  return compare(flagsOf(state), flags) === null && text === renderState(state)
}

/** A director killed here leaves a directory that nothing leads to; the next run makes it anew. */
async function writeDirectory(liveDir: string, name: string, state: RoutingState): Promise<void> {
  const temporary = join(liveDir, `${name}.tmp`)
  await rm(temporary, { recursive: true, force: true })
  await rm(join(liveDir, name), { recursive: true, force: true })
  await mkdir(temporary)
  // nginx reads as another user than the director, whatever the director's umask is.
  await chmod(temporary, 0o755)
  const executable = executableFlag(state)
  const modeOf = (flag: string): number => (flag === executable ? EXECUTABLE_MODE : FILE_MODE)
  await Promise.all(flagsOf(state).map((flag) => writeSynced(join(temporary, flag), '', modeOf(flag))))
  await writeSynced(join(temporary, STATE_FILE), renderState(state), FILE_MODE)
  await syncDirectory(temporary)
  await rename(temporary, join(liveDir, name))
  await syncDirectory(liveDir)
}

async function pointCurrentAt(liveDir: string, name: string, live: Slot | null): Promise<void> {
  const temporary = join(liveDir, 'current.tmp')
  const current = join(liveDir, 'current')
  await rm(temporary, { force: true })
  await symlink(name, temporary)
  const tell = await readyToTell(liveDir, live)
  const found = await lstat(current).catch(() => null)
  if (found && !found.isSymbolicLink()) await rename(current, join(liveDir, `by-hand-${name}`))
  await rename(temporary, current)
  await tell()
  await syncDirectory(liveDir)
}

/** After a director that was killed between the two. */
async function tellAnew(liveDir: string, live: Slot | null): Promise<void> {
  if ((await toldLive(liveDir)) === live) return
  const tell = await readyToTell(liveDir, live)
  await tell()
}

async function prune(liveDir: string, live: number, kept = KEPT_GENERATIONS): Promise<void> {
  const numbers = (await readdir(liveDir)).flatMap((name) => generationNumber(name) ?? [])
  const old = numbers.toSorted((a, b) => b - a).slice(kept)
  for (const number of old) {
    if (number !== live) await rm(join(liveDir, `gen-${number}`), { recursive: true, force: true })
  }
}

async function writeSynced(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode)
  await file.chmod(mode)
  await file.writeFile(text)
  // An empty flag has nothing but its name, which the directory's fsync makes durable.
  if (text !== '') await file.sync()
}

function refused(reason: string): ReleaseError {
  return new ReleaseError('internal', { reason })
}
