import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import { PROTOCOL_HEADER, PROTOCOL_VERSION, refusalSchema } from './protocol.ts'
import { Refusal } from './refusal.ts'

export type HostRequest = {
  method?: string
  headers?: Readonly<Record<string, string>>
  body?: string
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
  /** Sends one request and parses its answer. Throws `Refusal`, or `ReleaseError('internal')` when the director can't be reached. */
  call<T>(schema: z.ZodType<T>, path: string, init?: HostRequest): Promise<T>
  /** The raw answer, for streams. Any status. */
  raw(path: string, init?: HostRequest): Promise<HostAnswer>
  close(): Promise<void>
}

/**
 * A client of the director behind `socketPath` (at most 107 bytes), a connection for each request. By Node's own http, since
 * a command lives for one or two requests and undici takes longer to be loaded than they take.
 */
export function hostClient(socketPath: string): HostClient {
  async function raw(path: string, init: HostRequest = {}): Promise<HostAnswer> {
    try {
      return answerOf(await send(socketPath, path, init))
    } catch (cause) {
      const reason = 'The release director does not answer on its socket.'
      throw new ReleaseError('internal', { reason }, { cause })
    }
  }

  async function call<T>(schema: z.ZodType<T>, path: string, init?: HostRequest): Promise<T> {
    const { ok, status, json } = await raw(path, init)
    const body = await json()
    if (!ok) throw new Refusal(status, refusalSchema.parse(body).error)
    return schema.parse(body)
  }

  return { call, raw, close: async () => undefined }
}

function send(socketPath: string, path: string, init: HostRequest): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body, signal } = init
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ socketPath, path, method, agent: false },
        ...(signal && { signal }),
        headers: { host: 'director', ...headers, [PROTOCOL_HEADER]: String(PROTOCOL_VERSION) },
      },
      resolve,
    )
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
