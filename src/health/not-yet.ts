import type { ErrorCode } from '../release/errors.ts'
import type { Build } from '../release/release.ts'
import type { Sight } from './read-status.ts'

/** The release that was started in the slot, and its build. */
export type Expected = { release: number; build: Build }

/** Why a slot does not count as healthy yet. `isFinal`: waiting will not make this answer right. */
export type NotYet = { code: ErrorCode; reason: string; isFinal: boolean }

/** Holds what was seen against what was started; null when it is all as it should be. */
export function notYetBecause(sight: Sight, expected: Expected): NotYet | null {
  if (sight.kind === 'unreachable') return { code: 'never-healthy', reason: sight.reason, isFinal: false }
  if (sight.kind === 'wrong') return { code: sight.code, reason: sight.reason, isFinal: true }
  const { payload } = sight
  const mismatch = otherRelease(payload, expected)
  if (mismatch) return { code: 'status-wrong-release', reason: mismatch, isFinal: true }
  if (payload.status === 'operational') return null
  return {
    code: 'never-healthy',
    reason: `it says that it is ${payload.status}${failedChecks(payload.checks)}`,
    isFinal: false,
  }
}

function otherRelease(
  payload: { release: number; deploymentId: string | null },
  { release, build }: Expected,
): string | null {
  if (payload.release !== release) return `it says release ${payload.release}, release ${release} was started`
  if (build.deploymentId === null || payload.deploymentId === build.deploymentId) return null
  return `it says deployment id ${payload.deploymentId ?? 'none'}, the build has ${build.deploymentId}`
}

function failedChecks(checks: Record<string, { ok: boolean; detail: string | null }>): string {
  const failed = Object.entries(checks).filter(([, check]) => !check.ok)
  const words = failed.map(([name, { detail }]) => (detail === null ? name : `${name}: ${detail}`))
  return words.length === 0 ? '' : ` (${words.join('; ')})`
}
