import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { hasImage } from '../../src/setup/docker-images.ts'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { makeImage } from '../../src/setup/made-images.ts'

export type NginxImage = { image: string; version: string }

/** Releases of Debian with another nginx than the one that set-up makes: the oldest that we serve with, and the newest. */
const SUITES = ['bookworm', 'sid'] as const

/** The nginx that tests run on by default, and which it is. */
export function defaultNginx(docker: Docker): Promise<NginxImage> {
  return described(docker, process.env.NGINX_TEST_IMAGE ?? MADE_IMAGES.nginx)
}

/**
 * An image of each other nginx, made by set-up's own code where this machine has none yet. One that can't be had is left
 * out, and `tell` learns why: the newest comes from a release of Debian that changes every day. Whoever needs the oldest
 * asserts that it is there.
 */
export async function otherNginxes(docker: Docker, tell: (line: string) => void): Promise<NginxImage[]> {
  const images: NginxImage[] = []
  for (const suite of SUITES) {
    const tag = `switchyard-test/nginx:${suite}`
    // Its lists are valid for a week, which a mirror may be behind.
    const aptOptions = suite === 'sid' ? ['Acquire::Check-Valid-Until "false"'] : []
    try {
      if (!(await hasImage(docker, tag))) {
        await makeImage(docker, 'nginx', () => undefined, { suite, tag, aptOptions })
      }
      images.push(await described(docker, tag))
    } catch (cause) {
      tell(`nginx of Debian's ${suite} can't be had: ${cause instanceof Error ? cause.message : cause}`)
    }
  }
  return images
}

async function described(docker: Docker, image: string): Promise<NginxImage> {
  const output = new PassThrough()
  await docker.run(image, ['nginx', '-v'], output, {
    Entrypoint: [],
    Tty: true,
    HostConfig: { AutoRemove: true, NetworkMode: 'none' },
  })
  output.end()
  const said = await text(output)
  return { image, version: /nginx\/(\S+)/.exec(said)?.[1] ?? said.trim() }
}
