import type { Context } from 'hono'
import { ReleaseError } from '../release/errors.ts'
import type { Actor } from '../release/release.ts'
import { requireOwnOrigin } from './identity/origin.ts'
import { PROTOCOL_HEADER, PROTOCOL_VERSION } from './protocol.ts'

/** Who may come in through a socket, and how they say who they are. Every verb is authorised here, whatever a page checked. */
export type Gate = {
  /** The one who asks. Throws `signed-out`, `origin`, `protocol`. */
  actorOf(context: Context): Promise<Actor>
}

export type Operators = { operatorOf(headers: Headers): Promise<{ name: string } | null> }

/** The socket that only root on the host can open: whoever is there could do anything anyway. */
export function hostGate(): Gate {
  return {
    actorOf: async (context) => {
      checkProtocol(context)
      return { kind: 'host', name: (context.req.header('x-switchyard-user') ?? 'root').slice(0, 64) }
    },
  }
}

/** The socket that the slots relay to: an operator's session, and for changes a request from the site's own pages. */
export function slotsGate(identity: Operators): Gate {
  return {
    actorOf: async (context) => {
      checkProtocol(context)
      if (context.req.method !== 'GET' && context.req.method !== 'HEAD')
        requireOwnOrigin(context.req.raw.headers)
      const operator = await identity.operatorOf(context.req.raw.headers)
      if (!operator) throw new ReleaseError('signed-out')
      return { kind: 'operator', name: operator.name }
    },
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
