import { z } from 'zod'

/** Every way in which a verb can be refused or a release can fail. The sentences: `messages.ts`. */
export const ERROR_CODES = [
  'busy',
  'docker-unreachable',
  'disk-full',
  'memory-short',
  'compose-invalid',
  'environment-invalid',
  'nginx-invalid',
  'nginx-unreachable',
  'routing-edited',
  'ref-unknown',
  'image-missing',
  'image-not-allowed',
  'id-taken',
  'source-unfit',
  'build-failed',
  'build-killed',
  'start-failed',
  'status-missing',
  'status-shape',
  'status-wrong-release',
  'never-healthy',
  'console-unhealthy',
  'assets-failed',
  'switch-unconfirmed',
  'no-standby',
  'standby-unhealthy',
  'live-changed',
  'build-unknown',
  'build-gone',
  'build-nameless',
  'build-live',
  'build-barred',
  'frozen',
  'routing-unconfirmed',
  'nothing-running',
  'not-running',
  'past-commit',
  'aborted',
  'interrupted',
  'bad-request',
  'too-large',
  'too-many-streams',
  'signed-out',
  'wrong-password',
  'too-many-attempts',
  'last-operator',
  'setup-link',
  'origin',
  'protocol',
  'not-found',
  'internal',
] as const

export const errorCodeSchema = z.enum(ERROR_CODES)

export type ErrorCode = z.infer<typeof errorCodeSchema>

/** What every surface shows of an error: a stable code and three sentences. `detail` holds lines such as a build's last output. */
export const releaseErrorSchema = z.object({
  // A slot may run a build of before a code was added; its sentences come along.
  code: errorCodeSchema.catch('internal'),
  what: z.string(),
  live: z.string(),
  next: z.string(),
  detail: z.string().nullable(),
  /** True where more was lost than the release itself, whatever its code says. */
  needsAttention: z.boolean().optional(),
})

export type ReleaseErrorBody = z.infer<typeof releaseErrorSchema>

/**
 * The one error that the domain throws. `facts` fill the sentences of `messages.ts`;
 * `detail` is shown verbatim below them and is already redacted and capped by whoever throws.
 */
export class ReleaseError extends Error {
  readonly code: ErrorCode
  readonly facts: Readonly<Record<string, string>>
  readonly detail: string | null

  constructor(
    code: ErrorCode,
    facts: Record<string, string> = {},
    options: { cause?: unknown; detail?: string } = {},
  ) {
    super(code, { cause: options.cause })
    this.name = 'ReleaseError'
    this.code = code
    this.facts = facts
    this.detail = options.detail ?? null
  }
}

/** Any throw as the domain's error. What isn't one of ours is a fault of ours and says what it was. */
export function asReleaseError(cause: unknown): ReleaseError {
  if (cause instanceof ReleaseError) return cause
  return new ReleaseError('internal', { reason: `The director failed: ${reasonOf(cause)}.` }, { cause })
}

/** The message of anything thrown. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
