import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type Docker from 'dockerode'
import { reasonOf } from '../../src/release/errors.ts'
import { buildImage, hasImage } from '../../src/setup/docker-images.ts'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { runIn } from './run-in.ts'

export const RIVALS_IMAGE = 'sybench/rivals'

/** Rivals are measured in their newest version: that of Debian's development suite, else of the stable one. */
const SUITES = ['sid', 'trixie'] as const
const TOLD_LINES = 12

export type RivalVersions = { nginx: string; haproxy: string; caddy: string; wrk: string }

/** Makes the image of the rivals once; later runs find it. Answers with what is in it. */
export async function getRivals(docker: Docker, log: (text: string) => void): Promise<RivalVersions> {
  if (!(await hasImage(docker, RIVALS_IMAGE))) await makeRivals(docker, log)
  return versionsIn(docker)
}

async function makeRivals(docker: Docker, log: (text: string) => void): Promise<void> {
  const reasons: string[] = []
  for (const suite of SUITES) {
    log(`making ${RIVALS_IMAGE} from Debian's packages (${suite})`)
    try {
      return await build(docker, suite)
    } catch (cause) {
      reasons.push(`${suite}: ${reasonOf(cause)}`)
    }
  }
  throw new Error(`The rivals could not be had from Debian's packages (${reasons.join('; ')}).`)
}

/** Throws with the last lines of the build, which say what its bare exit code does not. */
async function build(docker: Docker, suite: string): Promise<void> {
  const said: string[] = []
  const context = await mkdtemp(join(tmpdir(), 'sybench-image-'))
  try {
    await cp(join(import.meta.dirname, 'rivals.Dockerfile'), join(context, 'Dockerfile'))
    await buildImage(
      docker,
      {
        context,
        tag: RIVALS_IMAGE,
        buildargs: { NODE_IMAGE: MADE_IMAGES.node, SUITE: suite },
        labels: { 'io.switchyard.bench': 'rivals' },
      },
      (text) => {
        const lines = stripVTControlCharacters(text).split('\n')
        said.push(...lines.filter((line) => line.trim() !== ''))
        said.splice(0, said.length - TOLD_LINES)
      },
    )
  } catch (cause) {
    throw new Error([reasonOf(cause), ...said].join('\n'), { cause })
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}

async function versionsIn(docker: Docker): Promise<RivalVersions> {
  const said = await runIn(docker, RIVALS_IMAGE, [
    'sh',
    '-c',
    'nginx -v; haproxy -v | head -1; echo "Caddy $(caddy version)"; wrk -v | head -1',
  ])
  const version = (pattern: RegExp) => pattern.exec(said)?.[1] ?? 'unknown'
  return {
    nginx: version(/nginx\/([\d.]+)/),
    haproxy: version(/HAProxy version ([\d.]+)/),
    caddy: version(/Caddy v?([\d.]+)/),
    wrk: version(/wrk (?:debian\/)?([\d.]+)/),
  }
}
