import { access, rename, rm, stat, truncate } from 'node:fs/promises'
import { findProxy, signalReopen } from './proxy-container.ts'
import type { TrafficProxy } from './reload.ts'

const KEPT = 3

type Proxy = Pick<TrafficProxy, 'docker' | 'containerFilter'>

/**
 * Moves the access log aside once it is larger than `maxBytes`, keeps the last three within three times as much, and has nginx open
 * a new one. Lines that are still buffered go to the file that was moved; none is lost. Answers with whether it was moved.
 * Where nginx can't be told, which Docker does, a log of twice `maxBytes` is emptied in its place: its lines are lost, and the disk is not.
 * Throws what kept nginx from being told.
 */
export async function rotateAccessLog(
  proxy: Proxy,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const size = await sizeOf(path)
  if (size === null) return reopenAfterMove(proxy, path, maxBytes, signal)
  if (size < maxBytes) return false
  const container = await findProxy(proxy.docker, proxy.containerFilter, signal).catch(async (cause) => {
    await emptyBeyond(path, 2 * maxBytes)
    throw cause
  })
  await rm(`${path}.${KEPT}`, { force: true })
  for (let age = KEPT - 1; age >= 1; age--) {
    await rename(`${path}.${age}`, `${path}.${age + 1}`).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause
    })
  }
  await rename(path, `${path}.1`)
  await signalReopen(container, signal)
  await dropBeyond(path, KEPT * maxBytes)
  return true
}

/** Killed between the move and the signal, nginx would write to the moved file for ever. */
async function reopenAfterMove(
  { docker, containerFilter }: Proxy,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const moved = `${path}.1`
  const isMoved = await access(moved).then(
    () => true,
    () => false,
  )
  if (!isMoved) return false
  try {
    await signalReopen(await findProxy(docker, containerFilter, signal), signal)
    return true
  } catch (cause) {
    await emptyBeyond(moved, 2 * maxBytes)
    throw cause
  }
}

/** nginx goes on at the end of the file, wherever that is (O_APPEND). */
async function emptyBeyond(path: string, maxBytes: number): Promise<void> {
  if (((await sizeOf(path)) ?? 0) >= maxBytes) await truncate(path)
}

/** In a flood a file is far larger than it should be by the time that it is moved. The newest, with lines that are not counted yet, stays. */
async function dropBeyond(path: string, maxBytes: number): Promise<void> {
  let sum = 0
  for (let age = 1; age <= KEPT; age++) {
    sum += (await sizeOf(`${path}.${age}`)) ?? 0
    if (age > 1 && sum > maxBytes) await rm(`${path}.${age}`, { force: true })
  }
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  )
}
