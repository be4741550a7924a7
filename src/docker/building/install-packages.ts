import { wordsOf } from '../../release/messages.ts'
import type { LogSink } from '../../release/ports.ts'
import { buildImage } from '../buildx.ts'
import { BUILD_LABEL, runBuild } from './build-container.ts'
import { ensureCacheVolume } from './left-builds.ts'
import { CERTIFICATES, described, filesFor, type ImageMaking, refuseBad } from './making.ts'
import { hasPackages, KEPT_PACKAGES, keepPackages, packagesOf, removePackages } from './packages.ts'

const NPM_CACHE = '/npm-cache'

/** Answers with the name of an image that has the packages; nothing runs where an install would read what an earlier one has read. */
export async function installPackages(
  making: ImageMaking,
  log: LogSink,
  signal: AbortSignal,
): Promise<string> {
  const { docker, project, redact } = making
  // What the packages come from stays with them; without them it goes as all that a build has left.
  const inputs = described(making, { target: 'install', tag: null, labels: { [BUILD_LABEL]: project.name } })
  const image = await buildImage(project, inputs, redact, log, signal)
  const name = packagesOf(project.name, image)
  if (await hasPackages(docker, name, signal)) {
    log('The packages are there: an install would read what it has read before.')
    return name
  }
  log('Installing the packages (npm ci).')
  // As BuildKit has it in `deps`: what app.build.env says is for the app, and what packages run here may stay in the image.
  const { build_values: _, ...secrets } = making.secrets
  const files = await filesFor({ ...making, secrets })
  const end = await runBuild(
    docker,
    {
      ...{ image, files, projectName: project.name, memoryBytes: making.memoryBytes },
      volumes: { [NPM_CACHE]: await ensureCacheVolume(docker, project.name, 'npm', signal) },
      environment: CERTIFICATES in files ? { NODE_EXTRA_CA_CERTS: CERTIFICATES } : {},
    },
    (line) => log(redact(line)),
    signal,
  )
  refuseBad(making, end)
  await keepPackages(end.container, name, signal)
  // No release fails for this: the next install removes them.
  await removePackages(docker, project.name, KEPT_PACKAGES, signal).catch((cause: unknown) =>
    log(`Packages of earlier installs could not be removed: ${wordsOf(cause)}.`),
  )
  return name
}
