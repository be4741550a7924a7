import { lstat, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { syncDirectory } from '../../state/durable-file.ts'

/**
 * `state/assets/.images/HEX` holds the static files of the image sha256:HEX, and `state/assets/ID` is a link to it: nginx serves by
 * deployment id, which an image says of itself, and only the director says which image an id is. No deployment id holds a dot, so
 * nobody reaches a file by the image. A build that was published before has a directory in place of the link.
 */
const IMAGES = '.images'

/** What is half published or half removed. No deployment id holds a dot, so nginx shows nobody what is in it. */
export const HALF = '.tmp'

/** A link that does not show anything yet. A killed director leaves it so. */
export const NEXT_LINK = '.link'

export const imagesIn = (assets: string): string => join(assets, IMAGES)

/** `imageId`: as Docker tells it, `sha256:HEX`. */
export function filesOf(assets: string, imageId: string): string {
  return join(assets, IMAGES, imageId.replace(/^sha256:/, ''))
}

/** The image whose files an id shows, `sha256:HEX`; `unknown` of a directory of before, null where there is nothing. */
export async function publishedImage(
  assets: string,
  deploymentId: string,
): Promise<string | 'unknown' | null> {
  const path = join(assets, deploymentId)
  const found = await lstat(path).catch(noneIfAbsent)
  if (found === null) return null
  return found.isSymbolicLink() ? `sha256:${basename(await readlink(path))}` : 'unknown'
}

/** Lets an id show the files of an image, from one moment to the next. What it showed before goes. */
export async function link(assets: string, deploymentId: string, imageId: string): Promise<void> {
  const path = join(assets, deploymentId)
  const next = join(assets, `${deploymentId}${NEXT_LINK}`)
  await rm(next, { force: true })
  await symlink(join(IMAGES, basename(filesOf(assets, imageId))), next)
  // A rename replaces a link, and no directory.
  const former = (await publishedImage(assets, deploymentId)) === 'unknown' ? `${path}${HALF}` : null
  if (former !== null) {
    await rm(former, { recursive: true, force: true })
    await rename(path, former)
  }
  await rename(next, path)
  await syncDirectory(assets)
  if (former !== null) await rm(former, { recursive: true, force: true })
}

export async function makeImages(assets: string): Promise<void> {
  await mkdir(imagesIn(assets), { recursive: true, mode: 0o755 })
}

function noneIfAbsent(cause: unknown): null {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
  throw cause
}
