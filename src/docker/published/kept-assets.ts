import { readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { syncDirectory } from '../../state/durable-file.ts'
import { isDeploymentId } from '../deployment-id.ts'
import { HALF, imagesIn, NEXT_LINK } from './layout.ts'

const BLOCK_BYTES = 512
const IMAGE = /^[0-9a-f]{64}$/

/** The published static files by build, and what they take on the disk. What is called otherwise is not the director's. */
export async function publishedAssets(directory: string): Promise<{ deploymentId: string; bytes: number }[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(noneIfAbsent)
  const builds = entries.filter(
    (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && isDeploymentId(entry.name),
  )
  return Promise.all(
    builds.map(async ({ name }) => ({ deploymentId: name, bytes: await sizeOf(join(directory, name)) })),
  )
}

/** Out of nginx's reach by one rename first, so that no tab is shown a half of them. */
export async function removeAssets(directory: string, deploymentId: string): Promise<void> {
  const path = join(directory, deploymentId)
  await rm(`${path}${HALF}`, { recursive: true, force: true })
  await rename(path, `${path}${HALF}`)
  await syncDirectory(directory)
  // Removes the link itself where it is one; what it led to is then of no build.
  await rm(`${path}${HALF}`, { recursive: true, force: true })
  for (const image of await unlinkedImages(directory)) await removeImage(image)
}

/** What a killed director left half published or half removed, and what a publish under way has not finished. Relative paths. */
export async function halves(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(noneIfAbsent)
  const isHalf = (name: string): boolean =>
    [HALF, NEXT_LINK].some((end) => name.endsWith(end) && isDeploymentId(name.slice(0, -end.length)))
  const own = entries.filter((entry) => !entry.isFile() && isHalf(entry.name)).map(({ name }) => name)
  const images = await readdir(imagesIn(directory)).catch(noneIfAbsent)
  const halfImages = images.filter((name) => name.endsWith(HALF)).map((name) => join(imagesIn(''), name))
  const unlinked = (await unlinkedImages(directory)).map((path) => join(imagesIn(''), basename(path)))
  return [...own, ...halfImages, ...unlinked]
}

/** Removes the halves. */
export async function sweepAssets(directory: string): Promise<void> {
  for (const name of await halves(directory))
    await rm(join(directory, name), { recursive: true, force: true })
}

/** Images whose files no id shows. */
async function unlinkedImages(directory: string): Promise<string[]> {
  const images = await readdir(imagesIn(directory)).catch(noneIfAbsent)
  const entries = await readdir(directory, { withFileTypes: true }).catch(noneIfAbsent)
  // One that is half made or half removed shows nothing.
  const links = entries.filter((entry) => entry.isSymbolicLink() && isDeploymentId(entry.name))
  const shown = await Promise.all(links.map(({ name }) => readlink(join(directory, name))))
  const kept = new Set(shown.map((target) => basename(target)))
  return images
    .filter((name) => IMAGE.test(name) && !kept.has(name))
    .map((name) => join(imagesIn(directory), name))
}

async function removeImage(path: string): Promise<void> {
  await rm(`${path}${HALF}`, { recursive: true, force: true })
  await rename(path, `${path}${HALF}`)
  await rm(`${path}${HALF}`, { recursive: true, force: true })
}

/** Of a directory, or of the one that a link leads to; 0 where it leads nowhere. */
async function sizeOf(path: string): Promise<number> {
  const directory = await realpath(path).catch(() => null)
  if (directory === null) return 0
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = files.map(
    async ({ parentPath, name }) => (await stat(join(parentPath, name))).blocks * BLOCK_BYTES,
  )
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0)
}

function noneIfAbsent(cause: unknown): [] {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
  throw cause
}
