import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { directorOver } from '../../test/fixtures/director-over.ts'
import {
  ADA,
  headersFrom,
  post,
  rowsOf,
  signIn,
  stateDirectory,
  withAda,
  withCookies,
} from '../../test/fixtures/identity.ts'
import { yard } from '../../test/fixtures/yard.ts'
import { refuse } from './api.ts'
import { hostGate, slotsGate } from './gate.ts'
import { followers } from './intake/followers.ts'
import { addHostOperatorRoutes, addOperatorRoutes } from './operators-api.ts'
import { endedSchema, operatorsSchema, resetSchema, sessionsSchema } from './operators-protocol.ts'
import { refusalSchema } from './protocol.ts'

const EVE = { name: 'Eve', email: 'eve@example.org', password: 'battery staple horse' }

/** Both sockets over one identity, with Ada and Eve signed in. */
async function signedIn() {
  const stateDir = stateDirectory()
  const identity = await withAda({ stateDir })
  await identity.claimSetup({ token: identity.issueSetupLink().token, ...EVE }, headersFrom())
  identity.sessions.endAll(null)
  const cookiesOf = async ({ email, password }: typeof ADA, from: string) => {
    const answer = await signIn(identity, { email, password }, headersFrom({ 'x-real-ip': from }))
    return withCookies(answer.headers.getSetCookie())
  }
  const ada = await cookiesOf(ADA, '198.51.100.1')
  const eve = await cookiesOf(EVE, '198.51.100.2')
  const system = await yard()
  const app = (gate: ReturnType<typeof hostGate>, isHost: boolean) => {
    const routes = new Hono().basePath('/v1')
    routes.onError((cause, context) => refuse(context, cause, system))
    const parts = { identity, gate, audit: identity.audit }
    addOperatorRoutes(routes, parts)
    if (isHost) addHostOperatorRoutes(routes, parts)
    return routes
  }
  const gate = slotsGate(identity, followers())
  const host = app(hostGate(), true)
  const slot = app(gate, false)
  const send = (to: Hono, path: string, body: unknown, headers = new Headers()) =>
    to.request(path, { method: 'POST', body: JSON.stringify(body), headers })
  return { stateDir, identity, ada, eve, host, slot, gate, send, system }
}

const sentenceOf = async (answer: Response) => endedSchema.parse(await answer.json()).sentence
const refusalOf = async (answer: Response) => refusalSchema.parse(await answer.json()).error

test('sessions are told with whose they are, since when, from where and when they were last used', async () => {
  const { slot, ada, identity } = await signedIn()
  await identity.sessionOf(ada)
  const { sessions } = sessionsSchema.parse(
    await (await slot.request('/v1/sessions', { headers: ada })).json(),
  )
  assert.deepEqual(
    sessions.map(({ name, address, browser, isOwn, lastAddress, lastUsedAt }) => ({
      ...{ name, address, browser, isOwn, lastAddress, wasUsed: lastUsedAt !== null },
    })),
    [
      {
        name: 'Eve',
        address: '198.51.100.2',
        browser: 'Firefox',
        isOwn: false,
        lastAddress: null,
        wasUsed: false,
      },
      {
        name: 'Ada',
        address: '198.51.100.1',
        browser: 'Firefox',
        isOwn: true,
        lastAddress: '203.0.113.7',
        wasUsed: true,
      },
    ],
  )
  const text = JSON.stringify(sessions)
  for (const secret of (ada.get('cookie') ?? '').split('=')[1]?.split('.') ?? [])
    assert.ok(!text.includes(secret))
})

test('a session that is ended is worth nothing at once, and what follows by it ends too', async () => {
  const { identity, host, ada, eve, send } = await signedIn()
  const session = await identity.sessionOf(eve)
  assert.equal(session?.ending.aborted, false)
  const answer = await send(host, '/v1/sessions/end', { id: session?.id.slice(0, 8) })
  assert.equal(await sentenceOf(answer), 'The session of Eve from 198.51.100.2 has ended.')
  assert.equal(session?.ending.aborted, true)
  assert.equal(await identity.sessionOf(eve), null)
  assert.notEqual(await identity.sessionOf(ada), null)
  const again = await refusalOf(await send(host, '/v1/sessions/end', { id: session?.id.slice(0, 8) }))
  assert.equal(again.what, `There is no session ${session?.id.slice(0, 8)}.`)
})

test('all others end, or all, and an operator can do both', async () => {
  const { identity, slot, ada, eve, send } = await signedIn()
  assert.equal(
    await sentenceOf(await send(slot, '/v1/sessions/end', { which: 'others' }, ada)),
    'One session ended.',
  )
  assert.equal(await identity.sessionOf(eve), null)
  assert.notEqual(await identity.sessionOf(ada), null)
  assert.equal(
    await sentenceOf(await send(slot, '/v1/sessions/end', { which: 'all' }, ada)),
    'One session ended.',
  )
  assert.equal(
    (await refusalOf(await send(slot, '/v1/sessions/end', { which: 'all' }, ada))).code,
    'signed-out',
  )
})

test('signing out ends what follows by that session', async () => {
  const { identity, ada } = await signedIn()
  const session = await identity.sessionOf(ada)
  await identity.handleAuth(post('sign-out', {}, ada), 'primary')
  assert.equal(session?.ending.aborted, true)
})

test('an operator is taken away on the host alone, with their sessions, and the last one not unnoticed', async () => {
  const { identity, host, slot, ada, eve, send, stateDir } = await signedIn()
  assert.equal((await send(slot, '/v1/operators/remove', { email: EVE.email }, ada)).status, 404)
  const following = (await identity.sessionOf(eve))?.ending
  assert.equal(
    await sentenceOf(await send(host, '/v1/operators/remove', { email: EVE.email })),
    'eve@example.org is no operator any more; one session ended.',
  )
  assert.deepEqual([await identity.sessionOf(eve), following?.aborted], [null, true])
  assert.equal((await signIn(identity, { email: EVE.email, password: EVE.password })).status, 401)
  const last = await refusalOf(await send(host, '/v1/operators/remove', { email: ADA.email }))
  assert.deepEqual(
    [last.what, last.next],
    [
      'ada@example.org is the last operator who can sign in, so nobody could after that.',
      'Make another operator first (`switchyard setup-link`), or say that you mean it: `--even-last`.',
    ],
  )
  assert.notEqual(await identity.sessionOf(ada), null)
  assert.equal(
    await sentenceOf(await send(host, '/v1/operators/remove', { email: ADA.email, evenLast: true })),
    'ada@example.org is no operator any more; one session ended. Nobody can sign in now: `switchyard setup-link` makes an operator.',
  )
  assert.equal(identity.isSetUp(), false)
  const record = rowsOf(stateDir, "SELECT actor_kind, verb, subject FROM audit WHERE verb LIKE '%operator'")
  assert.deepEqual(record, [
    { actor_kind: 'host', verb: 'remove-operator', subject: EVE.email },
    { actor_kind: 'host', verb: 'remove-operator', subject: ADA.email },
    { actor_kind: 'host', verb: 'remove-operator', subject: ADA.email },
  ])
})

test('a reset takes password and sessions away, and its link gives a new password', async () => {
  const { identity, host, eve, send } = await signedIn()
  const { sentence, link, ended } = resetSchema.parse(
    await (await send(host, '/v1/operators/reset', { email: 'EVE@example.org' })).json(),
  )
  assert.equal(ended, 1)
  assert.equal(
    sentence,
    'The password of EVE@example.org is gone and one session ended. The link gives a new one: enter the same address there.',
  )
  assert.equal(await identity.sessionOf(eve), null)
  assert.equal((await signIn(identity, { email: EVE.email, password: EVE.password })).status, 401)
  const { operators } = operatorsSchema.parse(await (await host.request('/v1/operators')).json())
  assert.deepEqual(
    operators.map(({ name, hasPassword, sessions }) => [name, hasPassword, sessions]),
    [
      ['Ada', true, 1],
      ['Eve', false, 0],
    ],
  )
  const again = { ...EVE, password: 'another staple horse' }
  await identity.claimSetup({ token: link.path.slice(link.path.indexOf('=') + 1), ...again }, headersFrom())
  assert.equal((await signIn(identity, { email: EVE.email, password: again.password })).status, 200)
})

test('whoever is not signed in learns and ends nothing', async () => {
  const { slot, send } = await signedIn()
  for (const path of ['/v1/sessions', '/v1/operators'])
    assert.equal((await slot.request(path, { headers: headersFrom() })).status, 401)
  assert.equal((await send(slot, '/v1/sessions/end', { which: 'all' }, headersFrom())).status, 401)
})

test('a stream that an operator follows ends with the session, and one session may follow only so many', async () => {
  const { gate, ada, identity, system } = await signedIn()
  const app = new Hono()
  app.onError((cause, context) => refuse(context, cause, system))
  app.get('/follow', async (context) => {
    const { signal } = await gate.follow(context)
    return context.json({ signal: signal.aborted })
  })
  const session = await identity.sessionOf(ada)
  for (let streams = 0; streams < 12; streams++)
    assert.equal((await app.request('/follow', { headers: ada })).status, 200)
  const refused = await app.request('/follow', { headers: ada })
  assert.equal(refused.status, 429)
  assert.equal(
    (await refusalOf(refused)).what,
    'Too many views of the console follow a release or a log: 12 are open.',
  )
  identity.sessions.endAll(null)
  assert.equal(session?.ending.aborted, true)
})

test('a bar ends all sessions where that is said, and not where it is not', async () => {
  const system = await yard()
  const { post: send, ended } = directorOver(system)
  const plain = await send('/v1/bar', { build: 'b1' })
  assert.equal(plain.status, 200)
  assert.deepEqual(ended, [])
  const outcome = await (await send('/v1/bar', { build: 'b1', endSessions: true })).json()
  assert.deepEqual([ended.length, outcome.sessionsEnded], [1, 1])
})
