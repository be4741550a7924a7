import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PRELOAD_IN_SLOT } from '../../docker/node-options.ts'
import { type Runtime, UNRECORDED } from '../../release/runtime.ts'
import { SLOTS, type Slot } from '../../release/slot.ts'
import { environmentStore } from '../../state/environment/store.ts'
import { preloadStore } from '../../state/preload/store.ts'
import type { JournalSight } from '../seen.ts'

/** What `slot` is started with beside its build, as it lies below state/. Null parts are from before their kind was recorded. */
export type StartFilesSight = {
  slot: Slot
  environment: { hash: string; state: 'whole' | 'damaged' | 'lost' } | null
  preload: { hash: string; isThere: boolean } | null
  /** Whether the file by which compose names the preload to the slot says so. */
  namesPreload: boolean
}

/** Looks at the files of both slots' builds as the journal knows them. */
export async function lookAtStartFiles(
  stateDir: string,
  journal: JournalSight,
): Promise<readonly StartFilesSight[]> {
  const holders = journal.kind === 'read' ? journal.holders : { primary: null, secondary: null }
  return Promise.all(
    SLOTS.flatMap((slot) => {
      const runtime = holders[slot]?.build ? (holders[slot].runtime ?? UNRECORDED) : null
      return runtime === null ? [] : [lookAt(stateDir, slot, runtime)]
    }),
  )
}

async function lookAt(
  stateDir: string,
  slot: Slot,
  { environment, preload }: Runtime,
): Promise<StartFilesSight> {
  const options = await readFile(join(stateDir, 'preload', `${slot}.env`), 'utf8').catch(() => '')
  return {
    slot,
    environment:
      environment === null ? null : { hash: environment, state: await stateOf(stateDir, environment) },
    preload:
      preload === null
        ? null
        : { hash: preload, isThere: await preloadStore(join(stateDir, 'preload'), '').has(preload) },
    namesPreload: options.includes(PRELOAD_IN_SLOT),
  }
}

async function stateOf(stateDir: string, hash: string): Promise<'whole' | 'damaged' | 'lost'> {
  const directory = join(stateDir, 'environments')
  const values = await environmentStore(directory)
    .read(hash)
    .catch(() => null)
  if (values !== null) return 'whole'
  return existsSync(join(directory, `${hash}.env`)) ? 'damaged' : 'lost'
}
