import { mustNotBeBarred } from '../release/bar.ts'
import { ReleaseError } from '../release/errors.ts'
import { knownBuild } from '../release/known-build.ts'
import type { DeployRequest, Source } from '../release/release.ts'
import type { Parts } from '../release/steps.ts'

/**
 * What a deploy request stands for: a build that is kept is its image. Throws `build-unknown`, `build-barred`, and `build-gone`
 * where its image has been pruned.
 */
export async function releasableSource(
  parts: Pick<Parts, 'journal' | 'bars' | 'builder'>,
  source: DeployRequest['source'],
  signal: AbortSignal,
): Promise<Source> {
  if (source.kind !== 'build') return source
  const { deploymentId, version, revision, image, hasConsole } = knownBuild(parts, source.build)
  mustNotBeBarred(parts.bars.list(), { deploymentId })
  const kept = { kind: 'image', image, hasConsole } as const
  try {
    await parts.builder.check(kept, signal)
  } catch (cause) {
    if (!(cause instanceof ReleaseError) || cause.code !== 'image-missing') throw cause
    const facts = { build: deploymentId, version, ...(revision !== null && { revision }) }
    throw new ReleaseError('build-gone', facts, { cause })
  }
  return kept
}
