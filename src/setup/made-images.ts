import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { findBootstrapper, makeDebianRoot } from './debian-root.ts'
import { buildImage } from './docker-images.ts'
import { BASE_LABEL, DEBIAN_PACKAGES, DEBIAN_SUITE, MADE_IMAGES, NPM_PACKAGE } from './image-names.ts'
import { unpackNpmPackage } from './npm-package.ts'
import type { Say } from './progress.ts'

export type MadeImage = 'node' | 'nginx'

/** Another release of Debian than the one that is served from, under a name of its own. */
export type OfSuite = { suite?: string; tag?: string; aptOptions?: readonly string[] }

const NODE_LAYER = [
  'COPY node /usr/local/bin/node',
  'COPY npm /usr/local/lib/node_modules/npm',
  'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\',
  ' && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \\',
  ' && groupadd -g 1000 node && useradd -m -u 1000 -g node node',
  'CMD ["node"]',
]

const DOCKERFILES: Record<MadeImage, readonly string[]> = {
  node: ['FROM scratch', 'ADD root.tar /', ...NODE_LAYER],
  nginx: ['FROM scratch', 'ADD root.tar /', 'STOPSIGNAL SIGQUIT', 'CMD ["nginx", "-g", "daemon off;"]'],
}

/**
 * Makes one base image from Debian's packages and the npm registry: Debian by mmdebstrap, Node as the binary that runs
 * this very program, npm as published. For machines that can't pull the official images.
 */
export async function makeImage(
  docker: Docker,
  kind: MadeImage,
  say: Say,
  { suite = DEBIAN_SUITE, tag = MADE_IMAGES[kind], aptOptions }: OfSuite = {},
): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'switchyard-base-'))
  try {
    const context = join(work, 'context')
    await mkdir(context)
    const bootstrapper = await findBootstrapper(join(work, 'bootstrapper'), say)
    const root = { suite, packages: DEBIAN_PACKAGES[kind], target: join(context, 'root.tar'), aptOptions }
    await makeDebianRoot(bootstrapper, root, say)
    if (kind === 'node') await addNode(work, context, say)
    await writeFile(join(context, 'Dockerfile'), `${DOCKERFILES[kind].join('\n')}\n`)
    say('importing it into Docker')
    await buildImage(docker, { context, tag, labels: { [BASE_LABEL]: kind } }, say)
    return tag
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function addNode(work: string, context: string, say: Say): Promise<void> {
  say(`adding Node ${process.version} and ${NPM_PACKAGE}`)
  await copyFile(process.execPath, join(context, 'node'))
  const unpacked = join(work, 'npm')
  await unpackNpmPackage(NPM_PACKAGE, unpacked)
  await rename(join(unpacked, 'package'), join(context, 'npm'))
  const manifest = await readFile(join(context, 'npm', 'package.json'), 'utf8')
  if (!manifest.includes('"name": "npm"')) throw new Error(`${NPM_PACKAGE} is not npm.`)
}
