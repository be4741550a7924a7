import { whyNotUp } from '../config/why-not-up.ts'
import { Refusal } from '../director/refusal.ts'
import { ReleaseError, type ReleaseErrorBody } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts'
import { LostRelease } from './follow.ts'
import { harmless, type Screen } from './screen.ts'

const WITHOUT_DIRECTOR = 'nginx needs no director: while it runs, visitors are served.'
const NOTHING_DONE = 'Visitors are served as before.'

const BRING_UP = 'Bring the system up with `npm run up`, then try again.'

/** The socket's own word tells a dead director from a stopped one, and both from a missing right. */
const NEXT_BY_SOCKET_ERROR: Readonly<Record<string, string>> = {
  EACCES: "Run the command as root: only root may open the director's socket.",
  ENOENT: BRING_UP,
}

export type Failure = { body: ReleaseErrorBody; exitCode: ExitCode }

/** Any throw of a command as sentences and an exit code. `envFile` is the one that set-up has written, if it has. */
export async function failureOf(cause: unknown, envFile: string): Promise<Failure> {
  if (cause instanceof Refusal) return { body: cause.body, exitCode: exitCodeOf(cause.body.code) }
  if (cause instanceof ReleaseError && cause.code === 'internal') return unreachable(cause, envFile)
  if (cause instanceof ReleaseError)
    return { body: describeError(cause, NOTHING_DONE), exitCode: exitCodeOf(cause.code) }
  const error = new ReleaseError('internal', { reason: faultOf(cause) }, { cause })
  return { body: describeError(error, WITHOUT_DIRECTOR), exitCode: exitCodeOf(error.code) }
}

/** The three sentences, then what shows the cause. */
export function showRefusal(screen: Screen, { what, live, next, detail }: ReleaseErrorBody): void {
  screen.complain(screen.paint('red', harmless(what)))
  for (const sentence of [live, next]) if (sentence !== '') screen.complain(harmless(sentence))
  if (detail === null || detail === '') return
  screen.complain('')
  for (const line of detail.split('\n')) screen.complain(`  ${harmless(line)}`)
}

async function unreachable(error: ReleaseError, envFile: string): Promise<Failure> {
  const detail = innermost(error)
  const body = { ...describeError(error, WITHOUT_DIRECTOR), detail }
  const isDown = detail.includes('ENOENT') ? await whyNotUp(envFile) : null
  if (isDown !== null) {
    const what = `Switchyard is not up here: ${isDown}.`
    return { body: { ...body, what, live: '', next: BRING_UP, detail: null }, exitCode: EXIT.unreachable }
  }
  const [, next] = Object.entries(NEXT_BY_SOCKET_ERROR).find(([code]) => detail.includes(code)) ?? []
  return { body: next === undefined ? body : { ...body, next }, exitCode: EXIT.unreachable }
}

function innermost(error: Error): string {
  return error.cause instanceof Error ? innermost(error.cause) : error.message
}

function faultOf(cause: unknown): string {
  if (cause instanceof LostRelease) return cause.message
  return `The command failed: ${(cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '')}.`
}
