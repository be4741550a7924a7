import type { Inventory, StoredImage } from './ports.ts'
import type { Release } from './release.ts'

/** A build of which something is stored. */
export type StoredBuild = {
  image: StoredImage | null
  deploymentId: string | null
  version: string
  /** The newest release that was of it; null where no release knows it. */
  release: number | null
  /** The newest of them that went live; null where none did. */
  liveRelease: number | null
  /** Until when it was live; null where it never was. */
  lastLiveMs: number | null
  hasAssets: boolean
  /** What goes with it, at most: layers that other images share stay. */
  bytes: number
}

/** Images, and builds of which no more than the static files are left. `releases` has the newest first. */
export function storedBuilds(
  inventory: Inventory,
  releases: readonly Release[],
  nowMs: number,
): StoredBuild[] {
  const lastLive = lastLiveByRelease(releases, nowMs)
  const found: { image: StoredImage | null; deploymentId: string | null; releases: Release[] }[] =
    inventory.images.map((image) => ({
      image,
      // What has no name can't be released, so no static files are kept for its sake.
      deploymentId: isNameless(image) ? null : image.deploymentId,
      releases: [],
    }))
  for (const release of releases) {
    const { build } = release
    if (build === null) continue
    const own =
      found.find(({ image }) => image?.ownTags.includes(build.image)) ??
      found.find(({ deploymentId }) => deploymentId !== null && deploymentId === build.deploymentId)
    if (own) own.releases.push(release)
    else found.push({ image: null, deploymentId: build.deploymentId, releases: [release] })
  }
  return found.flatMap(({ image, deploymentId, releases: of }) => {
    const assets = inventory.assets.find((stored) => stored.deploymentId === deploymentId)
    if (image === null && assets === undefined) return []
    const lived = of.flatMap(({ id }) => lastLive.get(id) ?? [])
    const goesWhole = image !== null && image.otherTags.length === 0
    return [
      {
        image,
        deploymentId,
        version: of[0]?.build?.version ?? image?.deploymentId ?? deploymentId ?? 'unknown',
        release: of[0]?.id ?? null,
        liveRelease: of.find(({ state }) => state === 'live')?.id ?? null,
        lastLiveMs: lived.length === 0 ? null : Math.max(...lived),
        hasAssets: assets !== undefined,
        bytes: (goesWhole ? image.bytes : 0) + (assets?.bytes ?? 0),
      },
    ]
  })
}

/** Until when the build of each release was live: the newest one still is. */
function lastLiveByRelease(releases: readonly Release[], nowMs: number): ReadonlyMap<number, number> {
  const until = new Map<number, number>()
  let endMs = nowMs
  for (const { id, state, endedAt } of releases) {
    if (state !== 'live') continue
    const beganMs = endedAt === null ? endMs : Date.parse(endedAt)
    // The next one may have ended under a clock that was wrong.
    until.set(id, Math.max(endMs, beganMs))
    endMs = beganMs
  }
  return until
}

export const isNameless = ({ ownTags }: StoredImage): boolean => ownTags.length === 0
