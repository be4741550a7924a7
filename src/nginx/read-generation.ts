import { existsSync } from 'node:fs'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import type { RoutingState } from '../release/ports.ts'
import { NO_ROUTING } from '../release/routing.ts'
import { executableFlag, flagsOf, routingStateSchema, STATE_FILE } from './generation.ts'

const NAME = /^gen-([1-9][0-9]*)$/

/** The number in a generation directory's name; null for any other name. */
export function generationNumber(name: string): number | null {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

/**
 * The generation that `liveDir/current` leads to, or null when there is none yet.
 * Throws `routing-edited` (facts: `reason`) for anything that `writeGeneration` would not have left there.
 */
export async function readGeneration(liveDir: string): Promise<RoutingState | null> {
  const name = await currentName(liveDir)
  return name === null ? null : readGenerationIn(liveDir, name)
}

/** The generation in `liveDir/NAME`, whether or not `current` leads to it. Throws as `readGeneration` does. */
export async function readGenerationIn(liveDir: string, name: string): Promise<RoutingState> {
  const names = await readdir(join(liveDir, name)).catch((cause: unknown) => {
    throw edited(`current leads to ${name}, which can't be read`, cause)
  })
  const state = await readState(join(liveDir, name, STATE_FILE), name)
  if (state.generation !== generationNumber(name)) {
    throw edited(`state.json in ${name} says generation ${state.generation}`)
  }
  const difference = compare(
    flagsOf(state),
    names.filter((file) => file !== STATE_FILE),
  )
  if (difference !== null) throw edited(`${name} ${difference}`)
  await checkMode(join(liveDir, name), name, state)
  return state
}

/**
 * The routing that nginx reads. Where `current` is gone or leads to no generation that is there, no slot is live, under the
 * highest number on disk: what is written next is newer than all of them. Null where there never was a generation.
 * Throws as `readGeneration` does for a generation that a hand has changed.
 */
export async function readRouting(liveDir: string): Promise<RoutingState | null> {
  if ((await ledToName(liveDir)) !== null) return readGeneration(liveDir)
  const names = await readdir(liveDir).catch(() => [])
  const highest = Math.max(0, ...names.map((name) => generationNumber(name) ?? 0))
  return highest === 0 ? null : { ...NO_ROUTING, generation: highest }
}

/** The name of the generation that `current` leads to, or null where it leads to none that is there. */
export async function ledToName(liveDir: string): Promise<string | null> {
  const name = await currentName(liveDir).catch((cause: unknown) => {
    if (cause instanceof ReleaseError) return null
    throw cause
  })
  return name !== null && existsSync(join(liveDir, name)) ? name : null
}

/** The other way round it is nginx that takes longer, and a generation of before flags were executable. */
async function checkMode(directory: string, name: string, state: RoutingState): Promise<void> {
  if (state.live === null || executableFlag(state) !== null) return
  const { mode } = await stat(join(directory, `live-${state.live}`))
  if ((mode & 0o111) !== 0)
    throw edited(`live-${state.live} in ${name} is executable, which hides the shares`)
}

/** The name that the symlink `current` holds, or null when there is no symlink. Throws `routing-edited` for any other thing of that name. */
export async function currentName(liveDir: string): Promise<string | null> {
  try {
    const name = await readlink(join(liveDir, 'current'))
    if (generationNumber(name) === null) throw edited(`current leads to ${JSON.stringify(name)}`)
    return name
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    if (isCode(error, 'EINVAL')) throw edited('current is not a symlink', error)
    throw error
  }
}

/** What is wrong with the flags that were found, in words, or null. */
export function compare(expected: readonly string[], found: readonly string[]): string | null {
  const missing = expected.filter((name) => !found.includes(name))
  const extra = found.filter((name) => !expected.includes(name)).toSorted()
  const parts = [
    ...(missing.length > 0 ? [`lacks ${missing.join(', ')}`] : []),
    ...(extra.length > 0 ? [`has ${extra.join(', ')} besides`] : []),
  ]
  return parts.length > 0 ? parts.join(' and ') : null
}

async function readState(path: string, name: string): Promise<RoutingState> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw edited(`${name} has no state.json that can be read`, cause)
  })
  const parsed = z.preprocess(parseJson, routingStateSchema).safeParse(text)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw edited(`state.json in ${name} is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`)
  }
  return parsed.data
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}

function edited(reason: string, cause?: unknown): ReleaseError {
  return new ReleaseError('routing-edited', { reason }, { cause })
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
