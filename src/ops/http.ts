import { z } from 'zod'
import { refusalSchema } from '../director/protocol.ts'
import type { ReleaseErrorBody } from '../release/errors.ts'
import { viaOtherSlot } from './other-slot.ts'
import { settlesWithin } from './patience.ts'
import { consoleUnreachable } from './refusals.ts'

/** nginx asks the other slot after 5 s (`@ops_read` in nginx/ops.conf), and the director may take 3 s to look. */
const VIEW_TIMEOUT_MS = 15_000
/** A plan looks at Docker, git and nginx first. */
const POST_TIMEOUT_MS = 25_000
/** A slot that has not answered for so long may hang. */
const PATIENCE_MS = 3_000

/** A refusal as the browser got it. `status` is 0 where nothing answered. */
export class RequestRefused extends Error {
  readonly status: number
  readonly body: ReleaseErrorBody

  constructor(status: number, body: ReleaseErrorBody) {
    super(body.what)
    this.name = 'RequestRefused'
    this.status = status
    this.body = body
  }
}

/** Reads one of the director's views in the browser, of the other slot too where one may hang. Throws `RequestRefused`, whatever went wrong. */
export async function getView<T>(schema: z.ZodType<T>, path: string): Promise<T> {
  return parsed(schema, await firstAnswerOf(path, {}, VIEW_TIMEOUT_MS))
}

/** Posts JSON from the browser. Throws `RequestRefused`, whatever went wrong. */
export async function post<T>(
  schema: z.ZodType<T>,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<T> {
  return parsed(schema, await answerOf(path, posting(body, signal), POST_TIMEOUT_MS))
}

/** The same for what does no harm when it is done twice: where a slot may hang, the other one is asked as well. */
export async function postRepeatable<T>(
  schema: z.ZodType<T>,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<T> {
  return parsed(schema, await firstAnswerOf(path, posting(body, signal), POST_TIMEOUT_MS))
}

function posting(body: unknown, signal: AbortSignal | undefined): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  }
}

async function firstAnswerOf(path: string, init: RequestInit, timeoutMs: number): Promise<Response> {
  const first = answerOf(path, init, timeoutMs)
  if (await settlesWithin(first, PATIENCE_MS)) return first
  const second = answerOf(viaOtherSlot(path), init, timeoutMs)
  const answer = await Promise.any([first, second]).catch(() => first)
  const both = Promise.allSettled([first, second])
  if (answer.ok || !(await settlesWithin(both, PATIENCE_MS))) return answer
  // Refused, maybe only because the same had been done by the other way.
  const good = (await both).find((outcome) => outcome.status === 'fulfilled' && outcome.value.ok)
  return good?.status === 'fulfilled' ? good.value : answer
}

async function answerOf(path: string, init: RequestInit, timeoutMs: number): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout
  try {
    return await fetch(path, { ...init, signal, cache: 'no-store' })
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw new RequestRefused(0, consoleUnreachable())
  }
}

async function parsed<T>(schema: z.ZodType<T>, response: Response): Promise<T> {
  const text = await response.text()
  const body = json(text)
  if (!response.ok) throw new RequestRefused(response.status, refusalIn(response, body))
  const result = schema.safeParse(body)
  if (result.success) return result.data
  console.error(`ops: ${response.url}: ${z.prettifyError(result.error)}`)
  throw new RequestRefused(response.status, consoleUnreachable())
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** better-auth words its own refusals, above all the rate limit's; they get the shape of all others here. */
const foreignSchema = z.object({ message: z.string().min(1) })

function refusalIn(response: Response, body: unknown): ReleaseErrorBody {
  const refusal = refusalSchema.safeParse(body)
  if (refusal.success) return refusal.data.error
  if (response.status === 429) return tooMany(response.headers)
  const foreign = foreignSchema.safeParse(body)
  if (!foreign.success) return consoleUnreachable()
  return { ...consoleUnreachable(), what: sentence(foreign.data.message), live: '', next: 'Try again.' }
}

function tooMany(headers: Headers): ReleaseErrorBody {
  const seconds = Number(headers.get('retry-after') ?? headers.get('x-retry-after'))
  const wait =
    Number.isFinite(seconds) && seconds > 0 ? `Wait ${Math.ceil(seconds)} seconds` : 'Wait a minute'
  return {
    ...consoleUnreachable(),
    what: 'There were too many attempts.',
    live: '',
    next: `${wait}, then try again.`,
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
