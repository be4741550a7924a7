import { z } from 'zod'
import { SLOTS } from '../release/slot.ts'
import { type AnsweredBy, WHYS, type Why } from '../release/traffic-counts.ts'

/** One line of nginx's access log, as far as it is counted. */
export type LoggedRequest = {
  /** When it ended. */
  atMs: number
  /** False where the console asked: its pages and its polls are no visitor's, and end in 503 while the director is away. */
  isVisit: boolean
  status: number
  /** Until the slot's answer began, or was given up; of an answer that no slot gave, until it was sent. */
  tookMs: number
  bytes: number
  by: AnsweredBy
  why: Why | null
  isStream: boolean
  /**
   * The build of the tab that it came from, where it says: the one in the live slot, the one in the slot that was not live,
   * or one that did not answer.
   */
  tab: 'live' | 'old' | 'gone' | null
}

/** As in nginx/ops.conf. */
const CONSOLE_PATH = /^\/(?:ops|api\/ops)(?:\/|$)/

const slotOrNone = z.enum([...SLOTS, ''])

/** `log_format traffic` of nginx/proxy.conf. Fields with a default are missing in lines of before they were added. */
const lineSchema = z.object({
  t: z.number(),
  asked: z.string().default(''),
  status: z.number().int().min(100).max(599),
  took: z.number().nonnegative(),
  upstreamTook: z.string().default(''),
  headTook: z.string().default(''),
  bytes: z.number().int().nonnegative(),
  routed: slotOrNone,
  served: slotOrNone,
  live: slotOrNone.default(''),
  why: z.enum([...WHYS, '']),
  build: z.string().default(''),
  stream: z.enum(['1', '']).default(''),
})

/** Null for a line that is not one of nginx's, or is cut off. */
export function parseTrafficLine(text: string): LoggedRequest | null {
  const line = lineSchema.safeParse(jsonOf(text)).data
  if (!line) return null
  const by = answeredBy(line)
  return {
    atMs: Math.round(line.t * 1_000),
    isVisit: !CONSOLE_PATH.test(line.asked),
    status: line.status,
    tookMs: Math.round(slotTook(line) * 1_000),
    bytes: line.bytes,
    by,
    why: line.why === '' ? null : line.why,
    isStream: line.stream === '1',
    tab: by === 'none' ? null : tabOf(line),
  }
}

/**
 * Until the answer began: its end waits for the visitor's line once it is larger than what lies between. An upload of minutes
 * is over before any slot is asked. A slot that gave no answer has only the time until it was given up.
 */
function slotTook({ took, upstreamTook, headTook }: z.infer<typeof lineSchema>): number {
  return lastTime(headTook) ?? lastTime(upstreamTook) ?? took
}

/** What is asked of two slots in turn has two times, in seconds. */
function lastTime(times: string): number | null {
  const last = Number.parseFloat(times.split(/[,:]/).at(-1) ?? '')
  return Number.isFinite(last) ? last : null
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** An error that nginx gave without having asked anyone is an error of the slot that the request was meant for. */
function answeredBy({ served, routed, status }: z.infer<typeof lineSchema>): AnsweredBy {
  if (served !== '') return served
  return status >= 500 && routed !== '' ? routed : 'none'
}

function tabOf({ build, why, routed, served, live }: z.infer<typeof lineSchema>): LoggedRequest['tab'] {
  if (build === '') return null
  if (why !== 'pin' || served !== routed) return 'gone'
  return routed === live ? 'live' : 'old'
}
