import { z } from 'zod'

/** One sample of `GET /containers/ID/stats`, both cgroup versions: the second has no `total_inactive_file`. */
export const statsSampleSchema = z.object({
  read: z.string(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({
    usage: z.number().optional(),
    stats: z
      .object({ total_inactive_file: z.number().optional(), inactive_file: z.number().optional() })
      .optional(),
  }),
})

export type StatsSample = z.infer<typeof statsSampleSchema>

const nothingReadSchema = z.object({ read: z.undefined().optional() })

/**
 * Docker's answer as a sample; null where it has read nothing, as of a container that begins or ends just then.
 * Throws, in one line, what else is not as expected.
 */
export function sampleOf(answer: unknown): StatsSample | null {
  const { data, error } = statsSampleSchema.safeParse(answer)
  if (data !== undefined) return data
  if (nothingReadSchema.safeParse(answer).success) return null
  const [issue] = error.issues
  const where = issue?.path.join('.') || 'it'
  throw new Error(`Docker's sample of a container has another shape: ${where}: ${issue?.message}`)
}

/**
 * Cores in use over the time between two samples, and memory without the page cache that the kernel can take back,
 * as `docker stats` shows it. Null for a container that doesn't run, or did not in between.
 */
export function sampled(
  before: StatsSample,
  sample: StatsSample,
): { cores: number; usedBytes: number } | null {
  const usedBytes = usedMemory(sample)
  const tookMs = Date.parse(sample.read) - Date.parse(before.read)
  const usedNs = sample.cpu_stats.cpu_usage.total_usage - before.cpu_stats.cpu_usage.total_usage
  if (usedBytes === null || !(tookMs > 0) || usedNs < 0) return null
  return { cores: usedNs / 1e6 / tookMs, usedBytes }
}

/** In bytes, without the page cache that the kernel can take back; null for a container that doesn't run. */
export function usedMemory({ memory_stats: { usage, stats } }: StatsSample): number | null {
  if (usage === undefined) return null
  const reclaimable = stats?.total_inactive_file ?? stats?.inactive_file ?? 0
  return Math.max(0, usage - (reclaimable < usage ? reclaimable : 0))
}

/** The limits of the compose file, from `HostConfig`; null where there is none. */
export function limitsOf(hostConfig: {
  NanoCpus?: number
  CpuQuota?: number
  CpuPeriod?: number
  Memory?: number
}): {
  limitCores: number | null
  limitBytes: number | null
} {
  const { NanoCpus = 0, CpuQuota = 0, CpuPeriod = 0, Memory = 0 } = hostConfig
  const byQuota = CpuQuota > 0 ? CpuQuota / (CpuPeriod || 100_000) : null
  return {
    limitCores: NanoCpus > 0 ? NanoCpus / 1e9 : byQuota,
    limitBytes: Memory > 0 ? Memory : null,
  }
}
