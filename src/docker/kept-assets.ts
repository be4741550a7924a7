import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from '../state/durable-file.ts'
import { isDeploymentId } from './deployment-id.ts'

/** What is half published or half removed. No deployment id holds a dot, so nginx shows nobody what is in it. */
const HALF = '.tmp'
const BLOCK_BYTES = 512

/** The published static files by build, and what they take on the disk. What is called otherwise is not the director's. */
export async function publishedAssets(directory: string): Promise<{ deploymentId: string; bytes: number }[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(noneIfAbsent)
  const builds = entries.filter((entry) => entry.isDirectory() && isDeploymentId(entry.name))
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
  await rm(`${path}${HALF}`, { recursive: true, force: true })
}

/** What a killed director left half published or half removed, and what a publish under way has not finished. */
export async function halves(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(noneIfAbsent)
  const isHalf = (name: string): boolean => name.endsWith(HALF) && isDeploymentId(name.slice(0, -HALF.length))
  return entries.filter((entry) => entry.isDirectory() && isHalf(entry.name)).map(({ name }) => name)
}

/** Removes the halves. */
export async function sweepAssets(directory: string): Promise<void> {
  for (const name of await halves(directory))
    await rm(join(directory, name), { recursive: true, force: true })
}

async function sizeOf(directory: string): Promise<number> {
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
