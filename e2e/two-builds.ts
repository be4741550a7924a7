import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { systemStatusSchema } from '../src/director/protocol.ts'
import type { Slot } from '../src/release/slot.ts'
import { thisMachine } from '../test/system/place.ts'
import type { TestSystem } from '../test/system/system.ts'
import { e2eSystem } from './e2e-system.ts'

/** A build of the site with the pages of e2e/site. */
export type Build = { id: string; image: string }

/** The version of the release that brings the second build. */
export const SECOND_VERSION = '2.0.0'

const PAGES = join(import.meta.dirname, 'site')

/** Puts the pages that the tests act on into the system's copy of the site, as the first or the second build has them. */
export function layOut(variant: 'a' | 'b'): void {
  const { dir } = e2eSystem()
  const site = join(dir, 'src', 'app', '(site)')
  rmSync(join(site, 'skew'), { recursive: true, force: true })
  for (const part of ['both', variant]) cpSync(join(PAGES, part), site, { recursive: true })
  const config = join(dir, 'next.config.mjs')
  const source = readFileSync(config, 'utf8')
  if (!source.includes('useCache')) {
    writeFileSync(config, source.replace('globalNotFound: true', 'globalNotFound: true, useCache: true'))
  }
}

/** The build that set-up made, and the one that the tests of releases made of it; made here if they did not run. */
export async function twoBuilds(): Promise<{ a: Build; b: Build }> {
  const a = await findBuild(({ id }) => id.startsWith('b1-'))
  if (!a) throw new Error('The first build is gone.')
  const isSecond = ({ version }: FoundBuild) => version === SECOND_VERSION
  const b = (await findBuild(isSecond)) ?? (await makeSecond(isSecond))
  return { a, b }
}

type FoundBuild = Build & { version: string }

const labelsSchema = z.object({
  'io.switchyard.deployment-id': z.string().min(1),
  'org.opencontainers.image.version': z.string(),
})

async function findBuild(isIt: (build: FoundBuild) => boolean): Promise<Build | undefined> {
  const filters = { label: [`io.switchyard.project=${e2eSystem().name}`] }
  const images = await thisMachine.docker.listImages({ filters })
  return images
    .flatMap(({ Labels, RepoTags }) => {
      const labels = labelsSchema.safeParse(Labels)
      const image = RepoTags?.[0]
      if (!labels.success || image === undefined) return []
      const id = labels.data['io.switchyard.deployment-id']
      return { id, image, version: labels.data['org.opencontainers.image.version'] }
    })
    .find(isIt)
}

async function makeSecond(isSecond: (build: FoundBuild) => boolean): Promise<Build> {
  layOut('b')
  await succeed(e2eSystem(), 'deploy', '--despite-freeze', '--label', SECOND_VERSION)
  const made = await findBuild(isSecond)
  if (!made) throw new Error('The second build can not be found.')
  return made
}

/** Makes a build live that was built before; answers with the slot that it is in. */
export async function deploy({ image }: Build): Promise<Slot> {
  const system = e2eSystem()
  await succeed(system, 'deploy', '--despite-freeze', '--image', image)
  return z.enum(['primary', 'secondary']).parse((await statusOf(system)).routing.live)
}

export async function rollBack(): Promise<void> {
  await succeed(e2eSystem(), 'rollback')
}

export const statusOf = (system: TestSystem) => system.director.call(systemStatusSchema, '/v1/status')

export async function succeed(system: TestSystem, ...args: string[]): Promise<void> {
  const { code, output } = await system.cli(...args)
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${output}`)
}
