import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { OFFICIAL_IMAGES, type Settings } from '../config/settings.ts'
import { dockerWords } from '../docker/engine.ts'
import { buildImage, hasImage, pullImage } from './docker-images.ts'
import { SetupFailure } from './failure.ts'
import { BASE_LABEL, DEBIAN_PACKAGES, MADE_IMAGES, TOOLS_PULL_BASE } from './image-names.ts'
import { makeImage } from './made-images.ts'
import type { Progress, Say } from './progress.ts'

const PULL_SILENCE_MS = 20_000
const REASON_CAP = 80

export type BaseImages = { node: string; nginx: string; tools: string }

/**
 * The three images that everything else is made from. What the engine has is used as it is; else the official image is
 * pulled; else an equivalent is made. `before` are the names that the last set-up settled on: they stay while they exist.
 * Throws `SetupFailure`, also where a name that the user chose can't be pulled: it is never replaced by another image.
 */
export async function getBaseImages(
  docker: Docker,
  settings: Settings,
  before: ReadonlyMap<string, string>,
  progress: Progress,
): Promise<BaseImages> {
  const node = await getOfficial(docker, 'node', settings.NODE_IMAGE, before.get('NODE_IMAGE'), progress)
  const nginx = await getOfficial(docker, 'nginx', settings.NGINX_IMAGE, before.get('NGINX_IMAGE'), progress)
  const tools = await getTools(docker, node, progress)
  return { node, nginx, tools }
}

async function getOfficial(
  docker: Docker,
  kind: 'node' | 'nginx',
  wanted: string,
  before: string | undefined,
  progress: Progress,
): Promise<string> {
  const isDefault = wanted === OFFICIAL_IMAGES[kind]
  const made = MADE_IMAGES[kind]
  if (isDefault && before === made && (await hasImage(docker, made))) return made
  if (await hasImage(docker, wanted)) return wanted
  const refusal = await progress.step(
    `Look for ${wanted} in its registry`,
    async (say) => {
      const reason = await tryToPull(docker, wanted, say)
      if (reason === null || isDefault) return reason
      throw new SetupFailure(
        `The image ${wanted} can't be pulled: ${reason}.`,
        `Mend its name in ${kind.toUpperCase()}_IMAGE or the way to its registry; without that setting ${OFFICIAL_IMAGES[kind]}, or an equivalent made here, is used.`,
      )
    },
    (reason) =>
      reason === null ? 'pulled' : `it can't be pulled here (${coreOf(reason)}), so an equivalent is used`,
  )
  if (refusal === null) return wanted
  if (await hasImage(docker, made)) return made
  return progress.step(
    `Make ${made} from Debian's packages${kind === 'node' ? ' and the npm registry' : ''}`,
    (say) => makeImage(docker, kind, say),
  )
}

/** Null when it was pulled, else why not. */
async function tryToPull(docker: Docker, image: string, say: Say): Promise<string | null> {
  try {
    await pullImage(docker, image, PULL_SILENCE_MS, say)
    return null
  } catch (cause) {
    const refusal = dockerWords(cause).replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 200)
    say(`it can't be pulled: ${refusal}`)
    return refusal
  }
}

/** Of a chain of reasons, each within the one before it, the last: `no such host`. */
function coreOf(reason: string): string {
  return (reason.split(': ').at(-1) ?? reason).slice(0, REASON_CAP)
}

/** Tools are packages of Debian 13, so they are added to a Node image of that release: the made one, or the official one's. */
async function getTools(docker: Docker, node: string, progress: Progress): Promise<string> {
  const tools = MADE_IMAGES.tools
  if (await hasImage(docker, tools)) return tools
  const base = node === MADE_IMAGES.node ? node : TOOLS_PULL_BASE
  await progress.step(`Add compose, buildx and git to ${base}`, async (say) => {
    if (!(await hasImage(docker, base))) await pullImage(docker, base, PULL_SILENCE_MS, say)
    await addTools(docker, base, say)
  })
  return tools
}

async function addTools(docker: Docker, base: string, say: Say): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'switchyard-tools-'))
  try {
    const packages = DEBIAN_PACKAGES.tools.join(' ')
    const dockerfile = [
      `FROM ${base}`,
      `RUN apt-get update -q && apt-get install -y -q --no-install-recommends ${packages} && apt-get clean && rm -rf /var/lib/apt/lists/*`,
    ]
    await writeFile(join(context, 'Dockerfile'), `${dockerfile.join('\n')}\n`)
    await buildImage(docker, { context, tag: MADE_IMAGES.tools, labels: { [BASE_LABEL]: 'tools' } }, say)
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}
