import type { ErrorCode } from '../release/errors.ts'
import type { Release } from '../release/release.ts'

/** What a script learns without reading. Those above 60 are the ones of `sysexits.h`, 130 is a shell's word for Ctrl-C. */
export const EXIT = {
  done: 0,
  failedSafe: 1,
  needsAttention: 2,
  usage: 64,
  unreachable: 69,
  busy: 75,
  frozen: 77,
  detached: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Codes that are not simply "nothing changed, correct it and try again". */
const EXIT_BY_CODE: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  busy: EXIT.busy,
  frozen: EXIT.frozen,
  'docker-unreachable': EXIT.unreachable,
  'bad-request': EXIT.usage,
  'nginx-unreachable': EXIT.needsAttention,
  'routing-edited': EXIT.needsAttention,
  'switch-unconfirmed': EXIT.needsAttention,
  'routing-unconfirmed': EXIT.needsAttention,
  protocol: EXIT.needsAttention,
  internal: EXIT.needsAttention,
}

/** The exit code of a refusal. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return EXIT_BY_CODE[code] ?? EXIT.failedSafe
}

/** The exit code of a release that has ended. One may be live although a last step failed, such as to write that down. */
export function exitCodeOfRelease({ state, steps, error }: Release): ExitCode {
  if (state === 'live') return steps.some((step) => step.state === 'failed') ? EXIT.needsAttention : EXIT.done
  return error === null || error.needsAttention ? EXIT.needsAttention : exitCodeOf(error.code)
}
