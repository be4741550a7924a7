import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import { awakeDeadline } from '../release/move/awake.ts'
import { PROTOCOL_HEADER, PROTOCOL_VERSION, refusalSchema } from './protocol.ts'
import { Refusal } from './refusal.ts'

export type HostRequest = {
  method?: string
  headers?: Readonly<Record<string, string>>
  body?: string
  /** Beside the client's own deadline. */
  signal?: AbortSignal
}

/** An answer as far as a command needs it; `body` comes as it is sent. */
export type HostAnswer = {
  status: number
  ok: boolean
  body: AsyncIterable<Uint8Array> | null
  json(): Promise<unknown>
}

/** What the commands on the host ask the director with. */
export type HostClient = {
  /** Sends one request and parses its answer, which has to be there within the deadline. Throws `Refusal`, or `ReleaseError('internal')` when the director can't be reached. */
  call<T>(schema: z.ZodType<T>, path: string, init?: HostRequest): Promise<T>
  /** The raw answer, for streams, once its head is there, within the deadline. Any status. */
  raw(path: string, init?: HostRequest): Promise<HostAnswer>
  close(): Promise<void>
}

/** More than any verb takes to be answered: each begins what takes longer. A director that hangs takes the connection all the same. */
const ANSWER_WITHIN_MS = 120_000

/**
 * A client of the director behind `socketPath` (at most 107 bytes), a connection for each request. By Node's own http, since
 * a command lives for one or two requests and undici takes longer to be loaded than they take.
 */
export function hostClient(socketPath: string, answerWithinMs = ANSWER_WITHIN_MS): HostClient {
  async function raw(path: string, init: HostRequest = {}): Promise<HostAnswer> {
    // Of the head alone: a stream goes on for as long as there is something to say.
    using deadline = awakeDeadline(answerWithinMs)
    try {
      return answerOf(await send(socketPath, path, init, deadline.signal))
    } catch (cause) {
      const reason = 'The release director does not answer on its socket.'
      throw new ReleaseError('internal', { reason }, { cause })
    }
  }

  async function call<T>(schema: z.ZodType<T>, path: string, init?: HostRequest): Promise<T> {
    using deadline = awakeDeadline(answerWithinMs)
    const signal = init?.signal ? AbortSignal.any([init.signal, deadline.signal]) : deadline.signal
    const { ok, status, json } = await raw(path, { ...init, signal })
    const body = await json().catch((cause: unknown) => {
      const reason = 'The release director began an answer and did not end it.'
      throw new ReleaseError('internal', { reason }, { cause })
    })
    if (!ok) throw new Refusal(status, refusalSchema.parse(body).error)
    return schema.parse(body)
  }

  return { call, raw, close: async () => undefined }
}

function send(
  socketPath: string,
  path: string,
  init: HostRequest,
  untilHead: AbortSignal,
): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body, signal } = init
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ socketPath, path, method, agent: false },
        ...(signal && { signal }),
        headers: { host: 'director', ...headers, [PROTOCOL_HEADER]: String(PROTOCOL_VERSION) },
      },
      (incoming) => {
        untilHead.removeEventListener('abort', giveUp)
        resolve(incoming)
      },
    )
    const giveUp = (): void => void outgoing.destroy(untilHead.reason)
    untilHead.addEventListener('abort', giveUp, { once: true })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

function answerOf(incoming: IncomingMessage): HostAnswer {
  const status = incoming.statusCode ?? 0
  return {
    status,
    ok: status >= 200 && status < 300,
    body: incoming,
    json: async () => JSON.parse(await text(incoming)),
  }
}
