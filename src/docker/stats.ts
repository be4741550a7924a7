import { setTimeout as delay } from 'node:timers/promises'
import type Docker from 'dockerode'
import { ask, statusCodeOf } from './engine.ts'
import { limitsOf, type StatsSample, sampled, sampleOf, usedMemory } from './usage.ts'

/** A sample serves all who look within this. */
const FRESH_MS = 1_000
/** The first two samples of a container are so far apart; later ones, as far as those who look. */
const FIRST_GAP_MS = 1_000
/** For who decides by it, what was seen before that is asked anew. */
const KNOWN_FOR_MS = 5_000
/** What was seen before so long a pause says nothing of now. */
const FORGOTTEN_AFTER_MS = 30_000

export type Usage = {
  cpu: { cores: number; limitCores: number | null }
  memory: { usedBytes: number; limitBytes: number | null }
}

export type ContainerStats = {
  /** The newest that is known of a running container, at once; null until there is something, a second or two after the first call. */
  read(id: string): Usage | null
  /** Bytes that a container uses now, asked of Docker where they are not known; 0 when it has ended. Throws `docker-unreachable`, `aborted`. */
  usedBytes(id: string, signal: AbortSignal): Promise<number>
  /** Asks nothing more. */
  close(): void
}

type Watch = {
  limits: ReturnType<typeof limitsOf> | null
  last: StatsSample | null
  newest: Usage | null
  readMs: number
  askedMs: number
  isAsking: boolean
}

/**
 * Cpu and memory of containers, from samples that are taken while somebody looks. Docker's own stream of them sends
 * several KiB a second for each container, looked at or not, which cost more than all else that an open console does.
 * `onProblem` hears why a sample could not be had; a later `read` tries again.
 */
export function containerStats(docker: Docker, onProblem: (cause: unknown) => void): ContainerStats {
  const watches = new Map<string, Watch>()
  const end = new AbortController()

  function read(id: string): Usage | null {
    const nowMs = performance.now()
    for (const [other, { readMs }] of watches) {
      if (nowMs - readMs > FORGOTTEN_AFTER_MS) watches.delete(other)
    }
    const watch = watches.get(id) ?? { ...UNSEEN }
    watches.set(id, watch)
    watch.readMs = nowMs
    if (!watch.isAsking && nowMs - watch.askedMs >= FRESH_MS) void renew(id, watch)
    return watch.newest
  }

  async function renew(id: string, watch: Watch): Promise<void> {
    watch.isAsking = true
    try {
      await takeSample(docker, id, watch, end.signal)
      if (watch.newest === null && watch.last !== null) {
        await delay(FIRST_GAP_MS, undefined, { signal: end.signal, ref: false })
        await takeSample(docker, id, watch, end.signal)
      }
    } catch (cause) {
      if (!end.signal.aborted) onProblem(cause)
    } finally {
      watch.isAsking = false
      watch.askedMs = performance.now()
    }
  }

  async function usedBytes(id: string, signal: AbortSignal): Promise<number> {
    const watch = watches.get(id)
    const isKnown = watch !== undefined && performance.now() - watch.askedMs < KNOWN_FOR_MS
    return (isKnown && watch.newest?.memory.usedBytes) || (await askMemory(docker, id, signal))
  }

  return { read, usedBytes, close: () => end.abort() }
}

const UNSEEN: Watch = {
  limits: null,
  last: null,
  newest: null,
  readMs: 0,
  askedMs: Number.NEGATIVE_INFINITY,
  isAsking: false,
}

async function takeSample(docker: Docker, id: string, watch: Watch, signal: AbortSignal): Promise<void> {
  watch.limits ??= await readLimits(docker, id, signal)
  const sample = await askSample(docker, id, signal)
  const seen = watch.last && sample && sampled(watch.last, sample)
  watch.last = sample
  watch.newest = seen && {
    cpu: { cores: seen.cores, limitCores: watch.limits.limitCores },
    memory: { usedBytes: seen.usedBytes, limitBytes: watch.limits.limitBytes },
  }
}

async function readLimits(
  docker: Docker,
  id: string,
  signal: AbortSignal,
): Promise<ReturnType<typeof limitsOf>> {
  const { HostConfig } = await ask(signal, (abortSignal) => docker.getContainer(id).inspect({ abortSignal }))
  return limitsOf(HostConfig)
}

async function askMemory(docker: Docker, id: string, signal: AbortSignal): Promise<number> {
  try {
    const sample = await askSample(docker, id, signal)
    return (sample && usedMemory(sample)) ?? 0
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return 0
    throw cause
  }
}

async function askSample(docker: Docker, id: string, signal: AbortSignal): Promise<StatsSample | null> {
  const sample: unknown = await ask(signal, (abortSignal) => {
    // The types leave the signal out, which the library passes on.
    const options = { stream: false as const, 'one-shot': true, abortSignal }
    return docker.getContainer(id).stats(options)
  })
  return sampleOf(sample)
}
