import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ReleaseError } from '../../release/errors.ts'
import { BadPattern, type DockerIgnore, readDockerIgnore } from './docker-ignore.ts'
import { ifMissing } from './if-missing.ts'

const DOCKERFILE = 'Dockerfile.runtime'
/** The first one that is there counts, as for Docker. */
const NAMES = [`${DOCKERFILE}.dockerignore`, '.dockerignore']

/** Which files of a source its `.dockerignore` leaves out; never the Dockerfile. Throws `build-failed` for one that can't be read. */
export async function dockerIgnoreIn(directory: string): Promise<DockerIgnore> {
  for (const name of NAMES) {
    const text = await readFile(join(directory, name), 'utf8').catch(ifMissing)
    if (text === null) continue
    const { leavesOut } = understood(name, text)
    return { leavesOut: (path) => path !== DOCKERFILE && leavesOut(path) }
  }
  return { leavesOut: () => false }
}

function understood(name: string, text: string): DockerIgnore {
  try {
    return readDockerIgnore(text)
  } catch (cause) {
    if (!(cause instanceof BadPattern)) throw cause
    throw new ReleaseError('build-failed', { reason: `${name}: ${cause.message}` }, { cause })
  }
}
