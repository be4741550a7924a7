import type { z } from 'zod'
import type { Slot } from '../release/slot.ts'
import { type StatusPayload, statusPayloadSchema } from '../release/status-payload.ts'
import { type Answer, type GetResult, get } from './get.ts'

export const STATUS_PATH = '/api/system/status'
const MAX_BYTES = 64 * 1024
const SHOWN_ISSUES = 3
const SHOWN_VALUE_CHARS = 60

/** Where slots answer. `addressOf` gives an address without a port. */
export type SlotAddress = { addressOf(slot: Slot): string; port: number; probeTimeoutMs: number }

/**
 * One look at a slot's status route. `unreachable` may end by itself, as while a container starts; `wrong` is an answer
 * that no waiting will make right. Reasons are the end of a sentence.
 */
export type Sight =
  | { kind: 'status'; payload: StatusPayload; latencyMs: number; httpStatus: number }
  | { kind: 'unreachable'; reason: string; isTaken?: boolean; cause: unknown }
  | { kind: 'wrong'; code: 'status-missing' | 'status-shape' | 'status-wrong-release'; reason: string }

/** Reads the status of `slot` once. Throws only when `signal` aborts. */
export async function readStatus(slot: Slot, where: SlotAddress, signal: AbortSignal): Promise<Sight> {
  const result = await get(
    {
      host: where.addressOf(slot),
      port: where.port,
      path: STATUS_PATH,
      timeoutMs: where.probeTimeoutMs,
      maxBytes: MAX_BYTES,
      accept: 'application/json',
    },
    signal,
  )
  return judge(slot, result)
}

function judge(slot: Slot, result: GetResult): Sight {
  if (!result.ok) {
    const { reason, isTooLarge, isTaken, cause } = result.problem
    return isTooLarge ? wrong('status-shape', reason) : { kind: 'unreachable', reason, isTaken, cause }
  }
  const { answer } = result
  const missing = missingReason(answer)
  if (missing) return wrong('status-missing', missing)
  const parsed = parsePayload(answer.body)
  if (!parsed.ok) return wrong('status-shape', parsed.reason)
  return judgePayload(slot, answer, parsed.payload)
}

function judgePayload(slot: Slot, { httpStatus, latencyMs }: Answer, payload: StatusPayload): Sight {
  if ((payload.status === 'operational') !== (httpStatus === 200)) {
    return wrong(
      'status-shape',
      `it answers HTTP ${httpStatus} and says ${payload.status}; 200 goes with operational alone`,
    )
  }
  if (payload.slot !== slot) {
    return wrong('status-wrong-release', `${slot} was asked, ${payload.slot} answers`)
  }
  return { kind: 'status', payload, latencyMs, httpStatus }
}

function wrong(code: Extract<Sight, { kind: 'wrong' }>['code'], reason: string): Sight {
  return { kind: 'wrong', code, reason }
}

/** Why an answer can't be the status route's at all; null when it can. */
function missingReason({ httpStatus, contentType, location }: Answer): string | null {
  if (httpStatus >= 300 && httpStatus < 400) return `it redirects to ${shown(location ?? 'nowhere')}`
  const isJson = /^application\/json\b/.test(contentType)
  if (httpStatus === 503 && isJson) return null
  if (httpStatus !== 200) return `it answers HTTP ${httpStatus}`
  return isJson ? null : `it answers with ${contentType || 'no content type'} instead of JSON`
}

type Parsed = { ok: true; payload: StatusPayload } | { ok: false; reason: string }

function parsePayload(body: string): Parsed {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (cause) {
    return {
      ok: false,
      reason: `its body is not JSON (${cause instanceof Error ? cause.message : String(cause)})`,
    }
  }
  const parsed = statusPayloadSchema.safeParse(json, { reportInput: true })
  if (parsed.success) return { ok: true, payload: parsed.data }
  return { ok: false, reason: parsed.error.issues.slice(0, SHOWN_ISSUES).map(describeIssue).join('; ') }
}

/** Path, expectation, value. */
function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.length === 0 ? 'the body' : issue.path.join('.')
  return `${path}: expected ${expectation(issue)}, got ${issue.input === undefined ? 'nothing' : shown(issue.input)}`
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int'
        ? 'a whole number'
        : `${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`
    case 'invalid_format':
      return issue.format === 'datetime' ? 'an ISO 8601 time in UTC' : `the format ${issue.format}`
    case 'too_small':
      return `at least ${issue.minimum}`
    default:
      return `what the contract says (${issue.message})`
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > SHOWN_VALUE_CHARS ? `${text.slice(0, SHOWN_VALUE_CHARS)}…` : text
}
