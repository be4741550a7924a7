import { setTimeout as pause } from 'node:timers/promises'
import type Docker from 'dockerode'
import { ReleaseError, reasonOf } from '../release/errors.ts'
import { IN_A_ROW } from './confirm.ts'
import { freshRequest } from './fresh-request.ts'
import {
  type ContainerFilter,
  findProxy,
  logSince,
  servingWorkers,
  signalReload,
  testConfig,
} from './proxy-container.ts'
import { raiseReloadNumber } from './reload-number.ts'
import { complaints } from './words.ts'

const CONFIRM_WITHIN_MS = 10_000
const ANSWER_WITHIN_MS = 2_000
const PAUSE_MS = 20

export type TrafficProxy = {
  liveDir: string
  internalUrl: URL
  docker: Docker
  containerFilter: ContainerFilter
}

/** `nginx -t` in its container. Throws `nginx-invalid` (facts: `reason`, in nginx's own words), `nginx-unreachable`, `docker-unreachable`. */
export async function checkConfig(proxy: TrafficProxy, signal: AbortSignal): Promise<void> {
  const container = await findProxy(proxy.docker, proxy.containerFilter, signal)
  const { isAccepted, output } = await testConfig(container, signal)
  if (!isAccepted) throw invalid(output)
}

/**
 * Tests, signals, and waits until five fresh connections in a row are answered by workers with the new configuration.
 * Neither `nginx -t` nor Docker's answer to the signal is proof: the master can still refuse, and says so only in its log.
 * Throws as `checkConfig` does; the configuration that runs then stays, and the reload's number is put back.
 */
export async function reloadNginx(
  proxy: TrafficProxy,
  signal: AbortSignal,
): Promise<{ tookMs: number; workers: number }> {
  const startedAt = performance.now()
  const container = await findProxy(proxy.docker, proxy.containerFilter, signal)
  const { number, putBack } = await raiseReloadNumber(proxy.liveDir)
  try {
    await checkConfig(proxy, signal)
    const old = (await servingWorkers(container, signal)) ?? []
    const signalledAt = Date.now()
    await signalReload(container, signal)
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONFIRM_WITHIN_MS)])
    const seen = await untilServed(proxy.internalUrl, number, deadline)
    const workers = seen === null ? null : await untilAlone(container, old, deadline)
    signal.throwIfAborted()
    if (seen === null || workers === null) throw await refusal(container, signalledAt, signal)
    return { tookMs: performance.now() - startedAt, workers: workers.length || seen.size }
  } catch (error) {
    await putBack()
    throw error
  }
}

/** The process ids of the workers that answered with `number`, or null when they never did five times in a row. */
async function untilServed(
  internalUrl: URL,
  number: number,
  deadline: AbortSignal,
): Promise<Set<string> | null> {
  let inARow = 0
  let workers = new Set<string>()
  while (!deadline.aborted) {
    const worker = await workerServing(internalUrl, number, deadline)
    if (worker === null) {
      inARow = 0
      workers = new Set()
      await pause(PAUSE_MS)
      continue
    }
    workers.add(worker)
    inARow += 1
    if (inARow === IN_A_ROW) return workers
  }
  return null
}

/**
 * The workers that take connections when none of `old` does any more: one that gets no processor has not heard of the
 * reload yet, and answers the next visitor by the old configuration. Null when that never came; none where nobody knows.
 */
async function untilAlone(
  container: Docker.Container,
  old: readonly string[],
  deadline: AbortSignal,
): Promise<string[] | null> {
  while (!deadline.aborted) {
    const serving = await servingWorkers(container, deadline).catch(() => [...old])
    if (serving === null) return []
    if (!serving.some((worker) => old.includes(worker))) return serving
    await pause(PAUSE_MS)
  }
  return null
}

async function workerServing(internalUrl: URL, number: number, signal: AbortSignal): Promise<string | null> {
  try {
    const { headers } = await freshRequest(new URL('/stub', internalUrl), ANSWER_WITHIN_MS, signal)
    const isNew = headers['x-switchyard-reload'] === String(number)
    return isNew ? String(headers['x-switchyard-worker']) : null
  } catch {
    // An old worker may close its socket at this moment; the deadline decides, not one failure.
    return null
  }
}

async function refusal(
  container: Docker.Container,
  signalledAt: number,
  signal: AbortSignal,
): Promise<ReleaseError> {
  const output = await logSince(container, signalledAt, signal).catch((error: unknown) => reasonOf(error))
  if (complaints(output).length > 0) return invalid(output)
  const reason = `it did not take up its configuration within ${CONFIRM_WITHIN_MS / 1000} s`
  return new ReleaseError('nginx-unreachable', { reason }, { detail: output })
}

function invalid(output: string): ReleaseError {
  const reason = complaints(output)[0] ?? 'nginx -t fails'
  return new ReleaseError('nginx-invalid', { reason }, { detail: output.trim() })
}
