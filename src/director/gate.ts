import type { Context } from 'hono'
import { ReleaseError } from '../release/errors.ts'
import type { Actor } from '../release/release.ts'
import { requireOwnOrigin } from './identity/origin.ts'
import type { Followers } from './intake/followers.ts'
import { PROTOCOL_HEADER, PROTOCOL_VERSION } from './protocol.ts'

/** Who may come in through a socket, and how they say who they are. Every verb is authorised here, whatever a page checked. */
export type Gate = {
  /** The one who asks. Throws `signed-out`, `origin`, `protocol`. */
  actorOf(context: Context): Promise<Actor>
  /** Lets an event stream begin, which ends with `signal` at the latest. Throws as `actorOf` does, and `too-many-streams`. */
  follow(context: Context): Promise<Following>
  /** The session of the one who asks, to be told from the others; null on the host. Throws as `actorOf` does. */
  ownSession(context: Context): Promise<string | null>
}

/** `end` is to be called when the stream is over, however it ended. */
export type Following = { signal: AbortSignal; end(): void }

export type Sessions = {
  sessionOf(headers: Headers): Promise<{
    id: string
    operator: { name: string }
    /** Aborted when the session ends. */
    ending: AbortSignal
    /** It is in use until what this returns is called. */
    follow(): () => void
  } | null>
}

/** The socket that only root on the host can open: whoever is there could do anything anyway. */
export function hostGate(): Gate {
  return {
    actorOf: async (context) => {
      checkProtocol(context)
      const name = (context.req.header('x-switchyard-user') ?? '').replace(/\p{C}/gu, '').slice(0, 64)
      return { kind: 'host', name: name || 'root' }
    },
    follow: async (context) => {
      checkProtocol(context)
      return { signal: context.req.raw.signal, end: () => undefined }
    },
    ownSession: async () => null,
  }
}

/** A socket that a slot relays to: an operator's session, and for changes a request from the site's own pages. */
export function slotsGate(identity: Sessions, streams: Followers): Gate {
  async function sessionOf(context: Context) {
    checkProtocol(context)
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD')
      requireOwnOrigin(context.req.raw.headers)
    const session = await identity.sessionOf(context.req.raw.headers)
    if (!session) throw new ReleaseError('signed-out')
    return session
  }

  return {
    actorOf: async (context) => {
      const { operator } = await sessionOf(context)
      return { kind: 'operator', name: operator.name }
    },
    follow: async (context) => {
      const { id, ending, follow } = await sessionOf(context)
      const ends = [streams.add(id), follow()]
      return {
        signal: AbortSignal.any([context.req.raw.signal, ending]),
        end: () => {
          for (const end of ends) end()
        },
      }
    },
    ownSession: async (context) => (await sessionOf(context)).id,
  }
}

function checkProtocol(context: Context): void {
  const theirs = Number(context.req.header(PROTOCOL_HEADER) ?? PROTOCOL_VERSION)
  if (Math.abs(theirs - PROTOCOL_VERSION) > 1) {
    throw new ReleaseError('protocol', {
      reason: `it speaks version ${theirs}, the director ${PROTOCOL_VERSION}`,
    })
  }
}
