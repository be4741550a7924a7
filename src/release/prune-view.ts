import { z } from 'zod'
import type { Decision, Verdict } from './retention.ts'

/** One build of which something is stored, and why it stays or goes, in a sentence. */
export const storedBuildSchema = z.object({
  /** What it is called in Docker; null where only its static files are left, or where it has lost its name. */
  image: z.string().nullable(),
  deploymentId: z.string().nullable(),
  version: z.string(),
  /** The newest release that was of it. */
  release: z.number().int().nullable(),
  /** ISO 8601, UTC. Null where it never was live. */
  lastLiveAt: z.string().nullable(),
  /** What goes with it, at most: layers that other images share stay. */
  bytes: z.number().nonnegative(),
  why: z.string(),
})

/** `POST /v1/prune`, and `GET /v1/builds` as a dry run: what stays (newest first), and what goes or, without `dryRun`, has gone (oldest first). */
export const pruneViewSchema = z.object({
  dryRun: z.boolean(),
  kept: z.array(storedBuildSchema),
  gone: z.array(storedBuildSchema),
  /** The numbers of the releases whose logs go. */
  logs: z.array(z.number().int()),
})

export type PruneView = z.infer<typeof pruneViewSchema>

export const pruneRequestSchema = z.strictObject({ dryRun: z.boolean().default(false) })

export type PruneRequest = z.infer<typeof pruneRequestSchema>

/** A decision for those who ask; `gone` and `logs` are what has gone, or would. */
export function pruneView(
  { kept, going, logs }: Decision,
  done: { gone: readonly Verdict[]; logs: readonly number[] } | null,
): PruneView {
  return {
    dryRun: done === null,
    // What has not come to its turn is still there.
    kept: (done === null ? kept : [...kept, ...going.toReversed()]).map(viewOf),
    gone: (done?.gone ?? going).map(viewOf),
    logs: [...(done?.logs ?? logs)],
  }
}

function viewOf({ build, why }: Verdict) {
  const { image, deploymentId, version, release, lastLiveMs, bytes } = build
  return {
    image: image?.ownTags[0] ?? null,
    ...{ deploymentId, version, release, bytes, why },
    lastLiveAt: lastLiveMs === null ? null : new Date(lastLiveMs).toISOString(),
  }
}
