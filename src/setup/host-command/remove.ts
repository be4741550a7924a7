import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exists } from '../host.ts'
import { removeHalfWritten } from './half-written.ts'
import { isOurs, placesOf, projectEntry } from './places.ts'

/**
 * Takes the project in `directory` off the host's command; the last one takes the command itself along. One whose directory
 * is gone counts as none. What is another program's stays.
 */
export async function removeHostCommand(directory: string, prefix: string): Promise<void> {
  const places = placesOf(prefix)
  await rm(projectEntry(places, directory), { force: true })
  await removeHalfWritten(places)
  const left = await readdir(places.projects).catch(() => [])
  for (const name of left) {
    const other = (await readFile(join(places.projects, name), 'utf8').catch(() => '')).trim()
    if (other !== '' && (await exists(other))) return
  }
  for (const path of [places.command, places.bash, places.zsh, places.fish]) {
    if (await isOurs(path)) await rm(path)
  }
  await rm(places.library, { recursive: true, force: true })
  for (const path of [places.bash, places.zsh, places.fish]) await removeIfEmpty(dirname(path))
}

/** Directories of a shell's completion, which no host has before somebody puts one there. */
async function removeIfEmpty(directory: string): Promise<void> {
  for (const path of [directory, dirname(directory)]) {
    // One that is in use, or was never made, stays as it is.
    await rmdir(path).catch(() => undefined)
  }
}
