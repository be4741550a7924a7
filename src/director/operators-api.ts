import type { Context, Hono } from 'hono'
import type { ApiParts } from './api.ts'
import { bodyOf, parse } from './api.ts'
import type { Gate } from './gate.ts'
import type { Identity } from './identity/identity.ts'
import {
  type Ended,
  type EndSessionsRequest,
  endSessionsRequestSchema,
  removeOperatorRequestSchema,
  resetOperatorRequestSchema,
} from './operators-protocol.ts'

type Parts = { identity: Identity; gate: Gate; audit: ApiParts['audit'] }

/**
 * Who may sign in and who has: on every socket. An operator may end sessions, since whoever does with a stolen one only has everybody
 * sign in anew.
 */
export function addOperatorRoutes(app: Hono, { identity, gate, audit }: Parts): void {
  app.get('/operators', async (context) => {
    await gate.actorOf(context)
    return context.json({ operators: identity.operators.list() })
  })

  app.get('/sessions', async (context) => {
    const own = await gate.ownSession(context)
    return context.json({ sessions: identity.sessions.list(own) })
  })

  app.post('/sessions/end', async (context) => {
    const actor = await gate.actorOf(context)
    const request = parse(endSessionsRequestSchema, await bodyOf(context))
    const subject = 'id' in request ? request.id : request.which
    audit({ actor, verb: 'end-sessions', release: null, headers: context.req.raw.headers, subject })
    return context.json(await endSessions(request, context, { identity, gate }))
  })
}

/**
 * Whom a stolen session could keep out for good is the host's alone to take away or to give a new password: there is no way back
 * from that by the console.
 */
export function addHostOperatorRoutes(app: Hono, { identity, gate, audit }: Parts): void {
  app.post('/operators/remove', async (context) => {
    const actor = await gate.actorOf(context)
    const { email, evenLast } = parse(removeOperatorRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'remove-operator', release: null, headers: context.req.raw.headers, subject: email })
    const ended = identity.removeOperator(email, evenLast)
    const nobody = identity.operators.list().some(({ hasPassword }) => hasPassword)
      ? ''
      : ' Nobody can sign in now: `switchyard setup-link` makes an operator.'
    return context.json(endedOf(ended, `${email} is no operator any more; ${sessionsEnded(ended)}.${nobody}`))
  })

  app.post('/operators/reset', async (context) => {
    const actor = await gate.actorOf(context)
    const { email } = parse(resetOperatorRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'reset-operator', release: null, headers: context.req.raw.headers, subject: email })
    const { ended, link } = identity.resetOperator(email)
    const sentence = `The password of ${email} is gone and ${sessionsEnded(ended)}. The link gives a new one: enter the same address there.`
    return context.json({ ...endedOf(ended, sentence), link })
  })
}

async function endSessions(
  request: EndSessionsRequest,
  context: Context,
  { identity, gate }: Pick<Parts, 'identity' | 'gate'>,
): Promise<Ended> {
  if ('id' in request) {
    const { name, address } = identity.sessions.endOne(request.id)
    return endedOf(1, `The session of ${name}${address === null ? '' : ` from ${address}`} has ended.`)
  }
  const own = request.which === 'others' ? await gate.ownSession(context) : null
  const ended = identity.sessions.endAll(own)
  const words = sessionsEnded(ended)
  return endedOf(ended, `${words.charAt(0).toUpperCase()}${words.slice(1)}.`)
}

/** `3 sessions ended`, as part of a sentence. */
export function sessionsEnded(count: number): string {
  if (count === 0) return 'no session was open'
  return count === 1 ? 'one session ended' : `${count} sessions ended`
}

const endedOf = (ended: number, sentence: string): Ended => ({ ended, sentence })
