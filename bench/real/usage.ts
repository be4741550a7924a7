import { setTimeout as delay } from 'node:timers/promises'
import type Docker from 'dockerode'
import { z } from 'zod'
import { statsSampleSchema, usedMemory } from '../../src/docker/usage.ts'
import { median } from '../statistics.ts'

const SAMPLE_EVERY_MS = 5_000

/** Page cache is `total_cache` in the first version of cgroups and `file` in the second; both count shared memory in. */
const pageCacheSchema = z.object({
  memory_stats: z.object({
    usage: z.number(),
    stats: z.object({
      total_cache: z.number().optional(),
      total_shmem: z.number().optional(),
      file: z.number().optional(),
      shmem: z.number().optional(),
    }),
  }),
})

/**
 * `corePercent`: of one core. `memoryMb`: what its processes and the kernel hold for it, without page cache.
 * `shownMb`: as `docker stats` shows it, with the page cache of files that were used more than once.
 */
export type Usage = { corePercent: number; memoryMb: number; shownMb: number }

/** What a container takes over `durationMs`; memory is the median of samples. */
export async function usageOver(
  container: Docker.Container,
  durationMs: number,
  signal: AbortSignal,
): Promise<Usage> {
  const first = await sample(container)
  const samples = [first]
  let last = first
  while (last.atMs - first.atMs < durationMs) {
    await delay(SAMPLE_EVERY_MS, undefined, { signal })
    last = await sample(container)
    samples.push(last)
  }
  return {
    corePercent: ((last.usedCpuMs - first.usedCpuMs) / (last.atMs - first.atMs)) * 100,
    memoryMb: median(samples.map(({ memoryMb }) => memoryMb)),
    shownMb: median(samples.map(({ shownMb }) => shownMb)),
  }
}

async function sample(container: Docker.Container) {
  const answer = await container.stats({ stream: false, 'one-shot': true })
  const read = statsSampleSchema.parse(answer)
  const { usage, stats } = pageCacheSchema.parse(answer).memory_stats
  const pageCache = (stats.total_cache ?? stats.file ?? 0) - (stats.total_shmem ?? stats.shmem ?? 0)
  return {
    atMs: performance.now(),
    usedCpuMs: read.cpu_stats.cpu_usage.total_usage / 1e6,
    memoryMb: (usage - pageCache) / 1e6,
    shownMb: (usedMemory(read) ?? 0) / 1e6,
  }
}
