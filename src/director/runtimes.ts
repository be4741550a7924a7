import { join } from 'node:path'
import { environmentChange } from '../release/environment-change.ts'
import { ReleaseError } from '../release/errors.ts'
import type { PreflightFindings, Runtimes } from '../release/ports.ts'
import type { Source } from '../release/release.ts'
import { usedRuntimes } from '../release/used-runtimes.ts'
import { valuesIn } from '../state/environment/parse.ts'
import { doubledWords, problemWords, readAppFile } from '../state/environment/read.ts'
import { environmentStore } from '../state/environment/store.ts'
import type { PreloadStore } from '../state/preload/store.ts'

type Finding = PreflightFindings[number]

/** What releases of the project in `directory` ran with, kept below its state/. `preload` answers with today's, kept. */
export function runtimesOf(
  directory: string,
  preload: () => Promise<string | null> = async () => null,
): Runtimes {
  const environments = environmentStore(join(directory, 'state/environments'))
  return {
    now: async () => ({
      environment: await environments.keep(await currentValues(directory)),
      preload: await preload(),
    }),
    change: async (from, to) => {
      const before = from.environment && (await environments.read(from.environment).catch(() => null))
      const after =
        to === 'now'
          ? await currentValues(directory).catch(() => null)
          : to.environment && (await environments.read(to.environment).catch(() => null))
      return before && after ? environmentChange(before, after) : null
    },
    prune: async (used, isMeant) => {
      const kept = used.map(({ environment }) => environment)
      const unused = (await environments.list()).filter((hash) => !kept.includes(hash))
      if (isMeant) {
        for (const hash of unused) await environments.remove(hash)
        await environments.sweep()
      }
      return unused.length > 0
    },
    mustBeKept: async ({ environment }, slot) => {
      if (environment === null || (await environments.read(environment)) !== null) return
      const reason = `state/environments/${environment}.env, the environment that its build ran with, is lost`
      throw new ReleaseError('start-failed', { slot, reason })
    },
  }
}

/** What is wrong with the files that hold the app's environment, before anything is started or built by them. */
export async function environmentFindings(directory: string, source: Source): Promise<Finding[]> {
  const isBuilt = source.kind === 'tree' || source.kind === 'ref'
  const files = isBuilt ? (['app.env', 'app.build.env'] as const) : (['app.env'] as const)
  const read = await Promise.all(files.map((file) => readAppFile(directory, file)))
  return read.flatMap((file): Finding[] => {
    const [problem, doubled] = [problemWords(file), doubledWords(file)]
    if (problem !== null)
      return [{ code: 'environment-invalid', name: file.file, outcome: 'refused', sentence: problem }]
    return doubled === null ? [] : [{ name: file.file, outcome: 'warning', sentence: doubled }]
  })
}

/** Today's preload. Those of before go that no slot can be brought back with. */
export async function freshPreload(preloads: PreloadStore, parts: Known): Promise<string> {
  await preloads.removeOthers(await usedPreloads(parts))
  return preloads.keep()
}

/**
 * Lets today's preload take the place of each that a slot would be started with and that is lost: Docker starts a slot anew
 * without asking anybody. Answers with those that were.
 */
export async function mendPreloads(preloads: PreloadStore, parts: Known): Promise<string[]> {
  const lost: string[] = []
  for (const hash of await usedPreloads(parts)) if (await preloads.mend(hash)) lost.push(hash)
  return lost
}

type Known = Parameters<typeof usedRuntimes>[0]

const usedPreloads = async (parts: Known): Promise<Set<string>> =>
  new Set((await usedRuntimes(parts)).flatMap(({ preload }) => preload ?? []))

async function currentValues(directory: string): Promise<Map<string, string>> {
  const read = await readAppFile(directory, 'app.env')
  const problem = problemWords(read)
  if (problem !== null) throw new ReleaseError('environment-invalid', { reason: problem })
  return valuesIn(read)
}
