import { Agent, fetch, Headers, type RequestInit, type Response } from 'undici'
import type { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import { PROTOCOL_HEADER, PROTOCOL_VERSION, refusalSchema } from './protocol.ts'
import { Refusal } from './refusal.ts'

export type DirectorClient = {
  /** Sends one request and parses its answer. Throws `Refusal`, or `ReleaseError('internal')` when the director can't be reached. */
  call<T>(schema: z.ZodType<T>, path: string, init?: RequestInit): Promise<T>
  /** The raw response, for streams and for the relay. Any status. */
  raw(path: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 2_000

/** A client of the director behind `socketPath` (at most 107 bytes: the kernel's limit for a socket's address). */
export function directorClient(socketPath: string): DirectorClient {
  const agent = new Agent({ connect: { socketPath, timeout: CONNECT_TIMEOUT_MS }, bodyTimeout: 0 })

  async function raw(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set(PROTOCOL_HEADER, String(PROTOCOL_VERSION))
    try {
      return await fetch(`http://director${path}`, {
        ...init,
        headers,
        dispatcher: agent,
        redirect: 'manual',
      })
    } catch (cause) {
      throw new ReleaseError(
        'internal',
        { reason: 'The release director does not answer on its socket.' },
        { cause },
      )
    }
  }

  async function call<T>(schema: z.ZodType<T>, path: string, init?: RequestInit): Promise<T> {
    const response = await raw(path, init)
    const body: unknown = await response.json()
    if (!response.ok) throw new Refusal(response.status, refusalSchema.parse(body).error)
    return schema.parse(body)
  }

  return { call, raw, close: () => agent.close() }
}
