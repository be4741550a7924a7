import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { halves } from '../../docker/published/kept-assets.ts'
import { HALF, NEXT_LINK } from '../../docker/published/layout.ts'
import type { Release } from '../../release/release.ts'
import { SLOTS, type Slot } from '../../release/slot.ts'
import type { JournalSight } from '../seen.ts'

export type PublishedBuild = {
  slot: Slot
  deploymentId: string
  /** How many files its release published. */
  published: number
  /** How many lie there now; null where its directory is missing. */
  found: number | null
}

export type AssetsSight = {
  builds: readonly PublishedBuild[]
  /** Copies that were not finished. */
  leftovers: readonly string[]
}

/** Counts the static files of the builds in both slots as nginx has them on disk. */
export async function lookAtAssets(assetsDir: string, journal: JournalSight): Promise<AssetsSight> {
  const holders = journal.kind === 'read' ? journal.holders : { primary: null, secondary: null }
  const builds = SLOTS.flatMap((slot) => publishedBy(slot, holders[slot]))
  return {
    builds: await Promise.all(
      builds.map(async (build) => ({
        ...build,
        found: await countFiles(join(assetsDir, build.deploymentId)),
      })),
    ),
    leftovers: (await halves(assetsDir).catch(() => []))
      .filter((name) => name.endsWith(HALF) || name.endsWith(NEXT_LINK))
      .toSorted(),
  }
}

function publishedBy(slot: Slot, holder: Release | null): Omit<PublishedBuild, 'found'>[] {
  const deploymentId = holder?.build?.deploymentId
  const detail = holder?.steps.find(({ name }) => name === 'assets')?.detail ?? ''
  const published = Number(/^(\d+) files$/.exec(detail)?.[1] ?? 0)
  return deploymentId == null || published === 0 ? [] : [{ slot, deploymentId, published }]
}

/** Without the compressed copies that lie beside their files. Null where there is no directory. */
async function countFiles(directory: string): Promise<number | null> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => null)
  if (entries === null) return null
  const paths = new Set(
    entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)),
  )
  return [...paths].filter((path) => !(path.endsWith('.gz') && paths.has(path.slice(0, -'.gz'.length))))
    .length
}
