import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import type { SlotStart } from '../release/runtime.ts'
import type { Slot } from '../release/slot.ts'
import { replaceDurably } from '../state/durable-file.ts'
import { composeLines } from '../state/environment/compose-quotes.ts'
import { valuesIn } from '../state/environment/parse.ts'
import { readAppFile } from '../state/environment/read.ts'
import { environmentStore } from '../state/environment/store.ts'
import { statusCodeOf } from './engine.ts'
import type { Project } from './project.ts'

/** Where compose mounts the slot's preload. */
export const PRELOAD_IN_SLOT = '/run/switchyard-preload/main.cjs'

type Start = Pick<SlotStart, 'build' | 'runtime'>

/**
 * Writes what compose adds to the environment of `slot`: NODE_OPTIONS, with the preload in front of the options that the app
 * has of its own, by its environment or by its image. A slot from before there was a preload gets none. To be written before
 * each start, and by itself the same for the same start, so that a plain `docker compose up` changes nothing.
 */
export async function writeNodeOptions(
  docker: Docker,
  { directory }: Pick<Project, 'directory'>,
  slot: Slot,
  start: Start,
): Promise<void> {
  const path = join(directory, 'state/preload', `${slot}.env`)
  if (start.runtime.preload === null) return rm(path, { force: true })
  const own = (await optionsInEnvironment(directory, start)) ?? (await optionsInImage(docker, start)) ?? ''
  const value = `--require ${PRELOAD_IN_SLOT} ${own}`.trimEnd()
  await mkdir(join(directory, 'state/preload'), { recursive: true })
  await replaceDurably(path, composeLines(new Map([['NODE_OPTIONS', value]])), 0o600)
}

async function optionsInEnvironment(
  directory: string,
  { runtime: { environment } }: Start,
): Promise<string | undefined> {
  if (environment === null) return valuesIn(await readAppFile(directory, 'app.env')).get('NODE_OPTIONS')
  const kept = await environmentStore(join(directory, 'state/environments')).read(environment)
  return kept?.get('NODE_OPTIONS')
}

/** Compose says in better words that there is no such image. */
async function optionsInImage(docker: Docker, { build: { image } }: Start): Promise<string | undefined> {
  try {
    const { Config } = await docker.getImage(image).inspect()
    const line = Config.Env?.find((each) => each.startsWith('NODE_OPTIONS='))
    return line?.slice('NODE_OPTIONS='.length)
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return undefined
    throw cause
  }
}
