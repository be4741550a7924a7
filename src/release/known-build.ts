import { ReleaseError } from './errors.ts'
import { nearestName } from './nearest-name.ts'
import type { Journal, NamedBuild } from './ports.ts'

/** The build of this deployment id. Throws `build-unknown`, with what is near. */
export function knownBuild({ journal }: { journal: Journal }, id: string): NamedBuild {
  const builds = journal.builds()
  const build = builds.find(({ deploymentId }) => deploymentId === id)
  if (build) return build
  const ids = builds.map(({ deploymentId }) => deploymentId)
  const ofVersion = builds.filter(({ version }) => version === id).map(({ deploymentId }) => deploymentId)
  const nearest = nearestName(id, ids)
  throw new ReleaseError('build-unknown', {
    build: id,
    ...(nearest === null ? {} : { hint: `The nearest is ${nearest}.` }),
    ...(ofVersion.length === 0 ? {} : { hint: `That is the version of ${ofVersion.join(', ')}.` }),
  })
}
