import type { ErrorCode } from '../release/errors.ts'

type Status = 400 | 401 | 403 | 404 | 409 | 410 | 413 | 422 | 423 | 426 | 429 | 500 | 503

const STATUS_BY_CODE: Readonly<Partial<Record<ErrorCode, Status>>> = {
  busy: 409,
  'docker-unreachable': 503,
  'nginx-unreachable': 503,
  'environment-invalid': 422,
  'nginx-invalid': 422,
  'no-standby': 409,
  'standby-unhealthy': 409,
  'live-changed': 409,
  'build-unknown': 404,
  'build-gone': 409,
  'build-nameless': 409,
  'build-live': 409,
  'build-barred': 409,
  frozen: 423,
  'routing-unconfirmed': 503,
  'nothing-running': 409,
  'not-running': 409,
  'past-commit': 409,
  'ref-unknown': 422,
  'image-missing': 422,
  'image-not-allowed': 422,
  'id-taken': 422,
  'bad-request': 400,
  'too-large': 413,
  'too-many-streams': 429,
  'signed-out': 401,
  'wrong-password': 401,
  'too-many-attempts': 429,
  'last-operator': 409,
  'setup-link': 410,
  origin: 403,
  protocol: 426,
  'not-found': 404,
}

/** The HTTP status of a refusal. Codes that only end a release have none of their own and answer 500. */
export function httpStatusOf(code: ErrorCode): Status {
  return STATUS_BY_CODE[code] ?? 500
}
