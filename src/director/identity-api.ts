import type { Hono } from 'hono'
import { bodyOf, parse } from './api.ts'
import type { Identity } from './identity/identity.ts'
import { requireOwnOrigin } from './identity/origin.ts'
import { setupRequestSchema } from './protocol.ts'

/** A stranger's body is read before anybody knows who sends it. */
const STRANGER_BODY_CAP_BYTES = 4 * 1024

/** What a slot may relay through its socket, `door`, without a session: who is signed in, signing in and out, and the one-time link. */
export function addIdentityRoutes(app: Hono, identity: Identity, door: string): void {
  app.get('/session', async (context) => {
    const operator = await identity.operatorOf(context.req.raw.headers)
    return context.json({
      operator: operator && { name: operator.name, email: operator.email },
      isSetUp: identity.isSetUp(),
    })
  })

  app.post('/setup', async (context) => {
    requireOwnOrigin(context.req.raw.headers)
    const request = parse(setupRequestSchema, await bodyOf(context, STRANGER_BODY_CAP_BYTES))
    const { operator, setCookies } = await identity.claimSetup(request, context.req.raw.headers)
    for (const cookie of setCookies) context.header('set-cookie', cookie, { append: true })
    return context.json({ operator: { name: operator.name, email: operator.email }, isSetUp: true })
  })

  app.all('/auth/*', (context) => identity.handleAuth(context.req.raw, door))
}

/** On the host's socket: new one-time links, and whether there is an operator yet. */
export function addHostRoutes(app: Hono, identity: Identity): void {
  app.get('/session', (context) => context.json({ operator: null, isSetUp: identity.isSetUp() }))

  app.post('/setup-link', (context) => {
    const { path, expiresAt } = identity.issueSetupLink()
    return context.json({ path, expiresAt })
  })
}
