import { existsSync } from 'node:fs'
import { lstat, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ADMIN_FILE, renderAdmin } from '../../nginx/admin.ts'
import { MOVED_FILES } from '../../nginx/moved.ts'
import { generationNumber, readGeneration, readGenerationIn } from '../../nginx/read-generation.ts'
import { flaggedLive } from '../../nginx/told.ts'
import { ReleaseError, reasonOf } from '../../release/errors.ts'
import type { RoutingState } from '../../release/ports.ts'
import { adminOf } from '../../topology/addresses.ts'
import { isFormer, type Prefixes } from '../../topology/networks.ts'
import type { RoutingSight } from '../seen.ts'

/** What nginx's user, which owns nothing here, needs of a directory and of a file. */
const MAY_ENTER = 0o005
const MAY_READ = 0o004

/** Looks at `nginx/live`: at what `current` leads to, at the generations beside it and at what else lies there. */
export async function lookAtRouting(liveDir: string, prefixes: Prefixes): Promise<RoutingSight> {
  const names = await readdir(liveDir).catch(() => [])
  const { state, problem } = await currentState(liveDir)
  const numbers = names.flatMap((name) => generationNumber(name.replace(/\.tmp$/, '')) ?? [])
  return {
    state,
    problem,
    flagged: flaggedLive(liveDir),
    newest: await newestSound(liveDir, names),
    highest: Math.max(0, ...numbers),
    leftovers: names.filter((name) => isLeftover(name, state)).toSorted(),
    unreadable: await unreadableIn(liveDir),
    isMoved: existsSync(join(liveDir, MOVED_FILES.upstreams)),
    namesDirector: await namesDirector(liveDir, prefixes),
  }
}

async function currentState(
  liveDir: string,
): Promise<{ state: RoutingState | null; problem: string | null }> {
  try {
    const state = await readGeneration(liveDir)
    return { state, problem: state === null ? 'there is no current' : null }
  } catch (cause) {
    return {
      state: null,
      problem: cause instanceof ReleaseError ? (cause.facts.reason ?? cause.code) : reasonOf(cause),
    }
  }
}

async function newestSound(liveDir: string, names: readonly string[]): Promise<RoutingState | null> {
  const generations = names.flatMap((name) => generationNumber(name) ?? []).toSorted((a, b) => b - a)
  for (const number of generations) {
    const state = await readGenerationIn(liveDir, `gen-${number}`).catch(() => null)
    if (state !== null) return state
  }
  return null
}

function isLeftover(name: string, state: RoutingState | null): boolean {
  if (name.endsWith('.tmp')) return true
  const number = generationNumber(name)
  return number !== null && state !== null && number > state.generation
}

/** The first thing on nginx's way that its user may not read; null where there is none. */
async function unreadableIn(liveDir: string): Promise<string | null> {
  const current = join(liveDir, 'current')
  for (const path of [liveDir, current]) {
    const found = await stat(path).catch(() => null)
    if (found?.isDirectory() && (found.mode & MAY_ENTER) !== MAY_ENTER) return shortName(liveDir, path)
  }
  const stateFile = join(current, 'state.json')
  const found = await lstat(stateFile).catch(() => null)
  return found !== null && (found.mode & MAY_READ) === 0 ? shortName(liveDir, stateFile) : null
}

const shortName = (liveDir: string, path: string): string => `nginx/live${path.slice(liveDir.length)}`

/** Before slots had networks of their own, another file said it, which only `npm run up` replaces. */
async function namesDirector(liveDir: string, prefixes: Prefixes): Promise<boolean> {
  if (isFormer(prefixes)) return true
  const text = await readFile(join(liveDir, ADMIN_FILE), 'utf8').catch(() => '')
  return text === renderAdmin(adminOf(prefixes))
}
