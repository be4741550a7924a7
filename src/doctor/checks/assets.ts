import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dockerAssets } from '../../docker/assets.ts'
import { sweepAssets } from '../../docker/published/kept-assets.ts'
import type { Bench } from '../bench.ts'
import type { Check } from '../finding.ts'
import type { PublishedBuild } from '../look/assets.ts'
import { heldBy } from '../truth.ts'

export const assets: Check = {
  name: 'static files',
  about: '`state/assets` holds all static files of the builds in both slots, and nothing half-copied',
  fix: "copies them anew out of the slot's container; removes what is half-copied",
  isOfReleases: true,
  find: ({ assets: { builds, leftovers } }) => [
    ...builds
      .filter(({ found, published }) => found === null || found < published)
      .map((build) => ({
        severity: 'warning' as const,
        sentence: `state/assets/${build.deploymentId} ${build.found === null ? 'is missing' : `holds ${build.found} of ${build.published} static files`}: the tabs of the build in ${build.slot} get them from its slot, and nobody will once another build is there.`,
        remedy: "--fix copies them out of the slot's container.",
        mend: (bench: Bench) => publishAnew(bench, build),
      })),
    ...leftovers.map((name) => ({
      severity: 'warning' as const,
      sentence: `state/assets/${name} was left behind by a copy that was stopped. Visitors are not concerned.`,
      remedy: '--fix removes it.',
      mend: ({ place }: Bench) =>
        rm(join(place.paths.state, 'assets', name), { recursive: true, force: true }),
    })),
  ],
}

async function publishAnew(bench: Bench, { slot, deploymentId }: PublishedBuild): Promise<void> {
  const { place, seen, project, log, signal } = bench
  const held = heldBy(seen, slot)
  if (held === null) throw new Error(`the journal does not say what ${slot} holds`)
  const assets = join(place.paths.state, 'assets')
  await rm(join(assets, deploymentId), { recursive: true, force: true })
  await sweepAssets(assets)
  await dockerAssets({ docker: place.docker, project }).publish(slot, held.build, log, signal)
}
