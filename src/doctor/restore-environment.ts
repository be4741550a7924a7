import { join } from 'node:path'
import { PRELOAD_IN_SLOT } from '../docker/node-options.ts'
import type { Slot } from '../release/slot.ts'
import { valuesIn } from '../state/environment/parse.ts'
import { readAppFile } from '../state/environment/read.ts'
import { isNameOfSystem } from '../state/environment/set-by-system.ts'
import { environmentStore } from '../state/environment/store.ts'
import type { Bench } from './bench.ts'
import { containerIn, heldBy } from './truth.ts'

/**
 * Brings the environment back that the build in `slot` was started with, from where it is still known. Its hash tells the very
 * same from any other. Throws where nothing has it.
 */
export async function restoreEnvironment(bench: Bench, slot: Slot, hash: string): Promise<void> {
  const { paths } = bench.place
  const store = environmentStore(join(paths.state, 'environments'))
  const now = await readAppFile(paths.directory, 'app.env')
  for (const values of [valuesIn(now), ...(await inContainer(bench, slot))])
    if (await store.restore(hash, values)) return
  throw new Error('neither app.env nor the container of the slot has the same')
}

async function inContainer(
  { place, seen }: Pick<Bench, 'place' | 'seen'>,
  slot: Slot,
): Promise<ReadonlyMap<string, string>[]> {
  const container = containerIn(seen, slot)
  if (container === null || container.release !== heldBy(seen, slot)?.release.id) return []
  const made = await place.docker.getContainer(container.id).inspect()
  const image = await place.docker.getImage(container.imageId).inspect()
  return environmentsOf(made.Config.Env, image.Config.Env ?? [])
}

/** What of a container's environment may have been the app's own. Whose NODE_OPTIONS those behind the preload are can't be told. */
export function environmentsOf(
  container: readonly string[],
  image: readonly string[],
): ReadonlyMap<string, string>[] {
  const given = entriesOf(container.filter((entry) => !image.includes(entry)))
  const own = new Map(given.filter(([name]) => !isNameOfSystem('app.env', name)))
  const options = own.get('NODE_OPTIONS')
  const before = `--require ${PRELOAD_IN_SLOT}`
  if (options === undefined || !options.startsWith(before)) return [own]
  const behind = options.slice(before.length).trimStart()
  const without = new Map(own)
  without.delete('NODE_OPTIONS')
  return behind === '' ? [without] : [new Map(own).set('NODE_OPTIONS', behind), without]
}

const entriesOf = (environment: readonly string[]): [string, string][] =>
  environment.map((entry) => {
    const at = entry.indexOf('=')
    return [entry.slice(0, at), entry.slice(at + 1)]
  })
