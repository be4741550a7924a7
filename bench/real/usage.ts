import { setTimeout as delay } from 'node:timers/promises'
import type Docker from 'dockerode'
import { statsSampleSchema, usedMemory } from '../../src/docker/usage.ts'
import { median } from '../statistics.ts'

const SAMPLE_EVERY_MS = 5_000

/** What a container takes over `durationMs`: share of one core, and memory as `docker stats` shows it. */
export async function usageOver(
  container: Docker.Container,
  durationMs: number,
  signal: AbortSignal,
): Promise<{ corePercent: number; memoryMb: number }> {
  const first = await sample(container)
  const memoryMb = [first.memoryMb]
  let last = first
  while (last.atMs - first.atMs < durationMs) {
    await delay(SAMPLE_EVERY_MS, undefined, { signal })
    last = await sample(container)
    memoryMb.push(last.memoryMb)
  }
  return {
    corePercent: ((last.usedCpuMs - first.usedCpuMs) / (last.atMs - first.atMs)) * 100,
    memoryMb: median(memoryMb),
  }
}

async function sample(container: Docker.Container) {
  const read = statsSampleSchema.parse(await container.stats({ stream: false, 'one-shot': true }))
  return {
    atMs: performance.now(),
    usedCpuMs: read.cpu_stats.cpu_usage.total_usage / 1e6,
    memoryMb: (usedMemory(read) ?? 0) / 1e6,
  }
}
