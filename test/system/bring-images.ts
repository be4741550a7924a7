import http from 'node:http'
import Docker from 'dockerode'
import { getBaseImages } from '../../src/setup/base-images.ts'
import { DIRECTOR_LABEL, getDirectorImage } from '../../src/setup/director-image.ts'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { pathsOf } from '../../src/setup/paths.ts'
import { settingsOf } from '../../src/setup/read-settings.ts'
import { prepareState } from '../../src/setup/state-directory.ts'
import type { TestSystem } from './system.ts'

const HOST_SOCKET = '/var/run/docker.sock'

const host = new Docker({ socketPath: HOST_SOCKET })

const quietly = {
  step: <T>(_title: string, work: (say: () => void) => Promise<T>): Promise<T> => work(() => undefined),
  note: () => undefined,
  close: () => undefined,
}

/**
 * Loads the base images and the director's image of `system` into `docker`, from this machine's daemon: what it does
 * not have yet is made there by set-up's own code, as a first `npm run up` would.
 */
export async function bringSystemImages(docker: Docker, system: TestSystem): Promise<void> {
  const paths = pathsOf(system.dir)
  const settings = await settingsOf(paths, {})
  // Those that set-up has made are as good as the official ones, and not looked for in a registry first.
  const made = new Map([
    ['NODE_IMAGE', MADE_IMAGES.node],
    ['NGINX_IMAGE', MADE_IMAGES.nginx],
  ])
  const base = await getBaseImages(host, settings, made, quietly)
  await prepareState(paths)
  const director = await getDirectorImage(host, paths, base, system.name, quietly)
  await loadImages(docker, [...Object.values(base), director])
}

/** Loads images of this machine's daemon into `docker`, in one stream, so that layers that they share go over once. */
export async function loadImages(docker: Docker, names: readonly string[]): Promise<void> {
  const query = new URLSearchParams(names.map((name) => ['names', name]))
  const archive = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get({ socketPath: HOST_SOCKET, path: `/images/get?${query}` }, resolve).once('error', reject)
  })
  if (archive.statusCode !== 200)
    throw new Error(`Docker answers ${archive.statusCode} for ${names.join(', ')}.`)
  const progress = await docker.loadImage(archive, { quiet: true })
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()))
  })
}

/** Removes what `bringSystemImages` had made on this machine for the project; base images stay, as after `npm run down`. */
export async function removeDirectorImages(project: string): Promise<void> {
  const found = await host.listImages({ filters: { label: [`${DIRECTOR_LABEL}=${project}`] } })
  for (const { Id } of found) await host.getImage(Id).remove({ force: true })
}
