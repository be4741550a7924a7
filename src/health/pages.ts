import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import type { LogSink } from '../release/ports.ts'
import type { Slot } from '../release/slot.ts'
import { type GetResult, get } from './get.ts'
import type { SlotAddress } from './read-status.ts'
import type { HealthSettings } from './settings.ts'

type Where = SlotAddress & HealthSettings

const MAX_PAGE_BYTES = 4 * 1024 * 1024
const CONSOLE_TRIES = 3
const SHOWN_CHARS = 60

const pingSchema = z.object({ ok: z.literal(true) })

/** Asks for each warm-up path once. Any answer below 500 will do: not every app has a page at each. Throws `never-healthy`. */
export async function warmUp(slot: Slot, where: Where, log: LogSink, signal: AbortSignal): Promise<void> {
  for (const path of where.warmUpPaths) {
    const result = await getPage(slot, path, where, signal)
    const problem = pageProblem(result, (status) => status < 500)
    if (problem) throw new ReleaseError('never-healthy', { reason: `GET ${path}: ${problem}` })
    log(`warmed up ${path}${result.ok ? `, ${Math.round(result.answer.latencyMs)} ms` : ''}`)
  }
}

/** `/ops` is a page of the console or leads to one, and reaches the director from inside the slot. Throws `console-unhealthy`. */
export async function checkConsole(
  slot: Slot,
  where: Where,
  log: LogSink,
  signal: AbortSignal,
): Promise<void> {
  let problem: string | null = null
  for (let turn = 1; turn <= CONSOLE_TRIES; turn++) {
    problem = await consoleProblem(slot, where, signal)
    if (problem === null) {
      log('its /ops answers and reaches the director')
      return
    }
    log(`not yet: ${problem}`)
    if (turn < CONSOLE_TRIES) await delay(2 * where.intervalMs, undefined, { signal })
  }
  throw new ReleaseError('console-unhealthy', { reason: problem ?? '/ops can not reach the director' })
}

async function consoleProblem(slot: Slot, where: Where, signal: AbortSignal): Promise<string | null> {
  const page = await getPage(slot, '/ops', where, signal)
  const notConsole = pageProblem(page, (status) => status >= 200 && status < 400) ?? notTheConsole(page)
  if (notConsole) return `GET /ops: ${notConsole}`
  const ping = await getPage(slot, '/api/ops/ping', where, signal)
  const problem = pageProblem(ping, (status) => status === 200)
  if (problem) return `/ops can not reach the director (GET /api/ops/ping: ${problem})`
  return ping.ok && isPing(ping.answer.body) ? null : 'GET /api/ops/ping: its body is not {"ok":true}'
}

function getPage(slot: Slot, path: string, where: Where, signal: AbortSignal): Promise<GetResult> {
  const { port, pageTimeoutMs: timeoutMs } = where
  const host = where.addressOf(slot)
  return get(
    { host, port, path, timeoutMs, maxBytes: MAX_PAGE_BYTES, accept: 'text/html,application/json' },
    signal,
  )
}

function pageProblem(result: GetResult, isFine: (httpStatus: number) => boolean): string | null {
  if (!result.ok) return result.problem.reason
  return isFine(result.answer.httpStatus) ? null : `it answers HTTP ${result.answer.httpStatus}`
}

/** In the title of each of the console's pages, in every build that has one. */
const CONSOLE_TITLE = /<title[^>]*>[^<]*Switchyard<\/title>/
/** A page of the console itself: a proxy that puts a language before every address leads to another `/ops`. */
const CONSOLE_PATH = /^(?:\/ops\/?|(?:\/[\w.~-]+)*\/ops\/(?:sign-in|setup)\/?)$/

/** Why an answer that is fine by its status is not the console's own: what comes before it in an app may answer as well. */
function notTheConsole(result: GetResult): string | null {
  if (!result.ok) return result.problem.reason
  const { httpStatus, location, body } = result.answer
  if (httpStatus >= 300) {
    const target = URL.parse(location ?? '', 'http://slot')?.pathname ?? ''
    if (CONSOLE_PATH.test(target)) return null
    return `something else of the app answers there, with a redirect to ${JSON.stringify((location ?? '').slice(0, SHOWN_CHARS))}`
  }
  return CONSOLE_TITLE.test(body)
    ? null
    : 'something else of the app answers there, with a page that is not the console'
}

function isPing(body: string): boolean {
  try {
    return pingSchema.safeParse(JSON.parse(body)).success
  } catch (cause) {
    if (cause instanceof SyntaxError) return false
    throw cause
  }
}
