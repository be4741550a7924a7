import { realpath } from 'node:fs/promises'
import { hostEnvironment } from '../config/host-environment.ts'
import { engineClient } from '../setup/docker-ready.ts'
import { pathsOf } from '../setup/paths.ts'
import { examine } from './examine.ts'
import type { Found } from './finding.ts'
import { lookAround } from './look.ts'
import type { Place } from './place.ts'
import type { Seen } from './seen.ts'
import { heldBy, servedSlot } from './truth.ts'

/** The clone in `directory` and this host's Docker. */
export async function placeAt(directory: string): Promise<Place> {
  const { commandPrefix } = hostEnvironment()
  return { paths: pathsOf(await realpath(directory)), docker: engineClient(), commandPrefix }
}

/** One look and what is wrong by it; null where nothing was ever set up. Changes nothing. */
export async function examineAll(place: Place): Promise<{ seen: Seen; found: Found[] } | null> {
  const seen = await lookAround(place)
  return seen && { seen, found: examine(seen) }
}

/** What all agree on, as a sentence. */
export function agreement(seen: Seen): string {
  const live = servedSlot(seen)
  const build = live && heldBy(seen, live)?.build
  const what =
    live === null ? 'nothing is live yet' : `visitors get ${build?.version ?? 'its build'} from ${live}`
  return `Everything agrees: ${what}, by journal, routing, nginx, containers, images and state file.`
}
