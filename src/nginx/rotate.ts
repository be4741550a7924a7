import { access, rename, rm, stat } from 'node:fs/promises'
import { findProxy, signalReopen } from './proxy-container.ts'
import type { TrafficProxy } from './reload.ts'

const KEPT = 3

/**
 * Moves the access log aside once it is larger than `maxBytes`, keeps the last three, and has nginx open a new one.
 * Lines that are still buffered go to the file that was moved; none is lost. Answers with whether it was moved.
 */
export async function rotateAccessLog(
  proxy: Pick<TrafficProxy, 'docker' | 'containerFilter'>,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const size = await stat(path).then(
    (found) => found.size,
    () => null,
  )
  if (size === null) return reopenAfterMove(proxy, path, signal)
  if (size < maxBytes) return false
  const container = await findProxy(proxy.docker, proxy.containerFilter, signal)
  await rm(`${path}.${KEPT}`, { force: true })
  for (let age = KEPT - 1; age >= 1; age--) {
    await rename(`${path}.${age}`, `${path}.${age + 1}`).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause
    })
  }
  await rename(path, `${path}.1`)
  await signalReopen(container, signal)
  return true
}

/** Killed between the move and the signal, nginx would write to the moved file for ever. */
async function reopenAfterMove(
  { docker, containerFilter }: Pick<TrafficProxy, 'docker' | 'containerFilter'>,
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
  const isMoved = await access(`${path}.1`).then(
    () => true,
    () => false,
  )
  if (isMoved) await signalReopen(await findProxy(docker, containerFilter, signal), signal)
  return isMoved
}
