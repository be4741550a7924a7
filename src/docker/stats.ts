import { StringDecoder } from 'node:string_decoder'
import type Docker from 'dockerode'
import { ask, statusCodeOf } from './engine.ts'
import { limitsOf, sampled, statsSampleSchema, usedMemory } from './usage.ts'

/** A stream that nobody reads any more costs the daemon a sample a second. */
const IDLE_AFTER_MS = 30_000
const MAX_PENDING_LENGTH = 1024 * 1024

export type Usage = {
  cpu: { cores: number; limitCores: number | null }
  memory: { usedBytes: number; limitBytes: number | null }
}

export type ContainerStats = {
  /** The newest sample of a running container, at once; null until there is one, a second or two after the first call. */
  read(id: string): Usage | null
  /** Bytes that a container uses now, asked of Docker where there is no sample; 0 when it has ended. Throws `docker-unreachable`, `aborted`. */
  usedBytes(id: string, signal: AbortSignal): Promise<number>
  /** Ends every stream. */
  close(): void
}

type Watch = { newest: Usage | null; readMs: number; stop: AbortController }

/**
 * Cpu and memory of containers, from one stream each that is opened by the first `read` and kept while it is read.
 * A stream that breaks is opened anew by a later `read`; `onProblem` hears why it broke.
 */
export function containerStats(docker: Docker, onProblem: (cause: unknown) => void): ContainerStats {
  const watches = new Map<string, Watch>()

  function read(id: string): Usage | null {
    const watch = watches.get(id) ?? open(id)
    watch.readMs = Date.now()
    return watch.newest
  }

  function open(id: string): Watch {
    const watch: Watch = { newest: null, readMs: Date.now(), stop: new AbortController() }
    watches.set(id, watch)
    follow(docker, id, watch)
      .catch((cause: unknown) => {
        if (!watch.stop.signal.aborted) onProblem(cause)
      })
      .finally(() => {
        if (watches.get(id) === watch) watches.delete(id)
      })
    return watch
  }

  async function usedBytes(id: string, signal: AbortSignal): Promise<number> {
    return watches.get(id)?.newest?.memory.usedBytes ?? (await askMemory(docker, id, signal))
  }

  function close(): void {
    for (const watch of watches.values()) watch.stop.abort()
    watches.clear()
  }

  return { read, usedBytes, close }
}

async function askMemory(docker: Docker, id: string, signal: AbortSignal): Promise<number> {
  try {
    const sample: unknown = await ask(signal, (abortSignal) => {
      // The types leave the signal out, which the library passes on.
      const options = { stream: false as const, 'one-shot': true, abortSignal }
      return docker.getContainer(id).stats(options)
    })
    return usedMemory(statsSampleSchema.parse(sample)) ?? 0
  } catch (cause) {
    if (statusCodeOf(cause) === 404) return 0
    throw cause
  }
}

async function follow(docker: Docker, id: string, watch: Watch): Promise<void> {
  const { signal } = watch.stop
  const container = docker.getContainer(id)
  const { HostConfig } = await ask(signal, (abortSignal) => container.inspect({ abortSignal }))
  const limits = limitsOf(HostConfig)
  // The types leave the signal out, which the library passes on.
  const options = { stream: true as const, abortSignal: signal }
  const stream = await ask(signal, () => container.stats(options))
  for await (const line of jsonLines(stream)) {
    const sample = sampled(statsSampleSchema.parse(JSON.parse(line)))
    watch.newest = sample && {
      cpu: { cores: sample.cores, limitCores: limits.limitCores },
      memory: { usedBytes: sample.usedBytes, limitBytes: limits.limitBytes },
    }
    if (Date.now() - watch.readMs > IDLE_AFTER_MS) return watch.stop.abort()
  }
}

/** Docker sends one sample a line, a few KiB each, in chunks that may end anywhere. */
async function* jsonLines(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let pending = ''
  for await (const chunk of stream) {
    pending += typeof chunk === 'string' ? chunk : decoder.write(chunk)
    if (pending.length > MAX_PENDING_LENGTH) throw new Error('Docker sent a sample of more than 1 MiB')
    const lines = pending.split('\n')
    pending = lines.pop() ?? ''
    yield* lines.filter((line) => line.trim() !== '')
  }
}
