import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { isOurs, placesOf, projectEntry } from '../../setup/host-command/places.ts'
import type { Paths } from '../../setup/paths.ts'

export type CommandLineSight = {
  /** What the director keeps in state/cli. */
  kept: 'whole' | 'damaged' | 'lost'
  /** The host's own command. `none` where set-up has never put anything there, or it can't be seen from here. */
  host: 'right' | 'lost' | 'foreign' | 'incomplete' | 'none'
  /** Where that lies. */
  command: string
}

/** Looks at the command line that the director keeps, and at the one that set-up has installed below `prefix`. */
export async function lookAtCommandLine(paths: Paths, prefix: string): Promise<CommandLineSight> {
  const { command } = placesOf(prefix)
  return { command, kept: await keptIn(paths.cli), host: await hostCommand(paths, prefix) }
}

/** The directory that `current` leads to is called by the hash of what is in it (`scripts/bundle-cli.mjs`). */
async function keptIn(current: string): Promise<CommandLineSight['kept']> {
  const version = await readlink(current).catch(() => null)
  if (version === null) return 'lost'
  const names = await readdir(current).catch(() => [])
  if (names.length === 0) return 'lost'
  const hash = createHash('sha256')
  for (const name of names.filter((name) => name !== 'VERSION').toSorted()) {
    const content = await readFile(join(current, name)).catch(() => '')
    hash.update(`${name}\0`).update(content)
  }
  return hash.digest('hex').startsWith(basename(version)) ? 'whole' : 'damaged'
}

async function hostCommand(paths: Paths, prefix: string): Promise<CommandLineSight['host']> {
  const places = placesOf(prefix)
  if (!existsSync(places.library)) return 'none'
  if ((await lstat(places.command).catch(() => null)) === null) return 'lost'
  if (!(await isOurs(places.command))) return 'foreign'
  const isNoted = existsSync(projectEntry(places, paths.directory))
  return isNoted && existsSync(places.node) ? 'right' : 'incomplete'
}
