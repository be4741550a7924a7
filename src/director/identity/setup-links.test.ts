import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ADA,
  headersFrom,
  LIVE,
  opened,
  post,
  rowsOf,
  signIn,
  stateDirectory,
  withAda,
  withCookies,
} from '../../../test/fixtures/identity.ts'
import { ReleaseError } from '../../release/errors.ts'
import { describeError } from '../../release/messages.ts'
import { refusalSchema } from '../protocol.ts'
import type { Identity } from './identity.ts'

const HALF_AN_HOUR_MS = 30 * 60_000

function problemOf(cause: unknown): string {
  assert.ok(cause instanceof ReleaseError, String(cause))
  assert.equal(cause.code, 'setup-link')
  return describeError(cause, LIVE).what
}

const refusedWith = (sentence: string) => (cause: unknown) => {
  assert.equal(problemOf(cause), sentence)
  return true
}

test('a set-up link creates the first operator and signs them in', async () => {
  const identity = await opened()
  assert.equal(identity.isSetUp(), false)
  const link = identity.issueSetupLink()
  assert.match(link.token, /^[A-Za-z0-9_-]{43}$/)
  assert.equal(link.path, `/ops/setup#token=${link.token}`)
  const { operator, setCookies } = await identity.claimSetup({ token: link.token, ...ADA }, headersFrom())
  assert.deepEqual([operator.name, operator.email, identity.isSetUp()], ['Ada', 'ada@example.org', true])
  assert.deepEqual(await identity.operatorOf(withCookies(setCookies)), operator)
})

test('a link is good for half an hour', async () => {
  let at = Date.parse('2026-03-01T10:00:00Z')
  const identity = await opened({ now: () => at })
  const link = identity.issueSetupLink()
  assert.equal(link.expiresAt, '2026-03-01T10:30:00.000Z')
  at += HALF_AN_HOUR_MS
  await assert.rejects(
    identity.claimSetup({ token: link.token, ...ADA }, headersFrom()),
    refusedWith('This set-up link has expired.'),
  )
  assert.equal(identity.isSetUp(), false)
})

test('a link is good once', async () => {
  const identity = await opened()
  const { token } = identity.issueSetupLink()
  await identity.claimSetup({ token, ...ADA }, headersFrom())
  await assert.rejects(
    identity.claimSetup({ token, ...ADA, email: 'eve@example.org' }, headersFrom()),
    refusedWith('This set-up link has been used already.'),
  )
  assert.equal((await signIn(identity, { email: 'eve@example.org', password: ADA.password })).status, 401)
})

test('of two claims at once one gets the link', async () => {
  const stateDir = stateDirectory()
  const identity = await opened({ stateDir })
  const { token } = identity.issueSetupLink()
  const claims = await Promise.allSettled(
    ['ada@example.org', 'eve@example.org'].map((email) =>
      identity.claimSetup({ token, ...ADA, email }, headersFrom()),
    ),
  )
  assert.deepEqual(claims.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const lost = claims.find((claim) => claim.status === 'rejected')
  assert.equal(problemOf(lost?.reason), 'This set-up link has been used already.')
  assert.equal(rowsOf(stateDir, 'SELECT id FROM user').length, 1)
})

test('a link that was not issued, and one that was replaced, are not known', async () => {
  const identity = await opened()
  const old = identity.issueSetupLink()
  identity.issueSetupLink()
  for (const token of [old.token, 'x'.repeat(43)]) {
    await assert.rejects(
      identity.claimSetup({ token, ...ADA }, headersFrom()),
      refusedWith('This set-up link is not known.'),
    )
  }
})

test('the database does not hold the token itself', async () => {
  const stateDir = stateDirectory()
  const { token } = (await opened({ stateDir })).issueSetupLink()
  assert.ok(!JSON.stringify(rowsOf(stateDir, 'SELECT * FROM setup_link')).includes(token))
})

test('a later link resets the password of the operator with that address and ends their sessions', async () => {
  const identity = await withAda()
  const before = await signIn(identity, { email: ADA.email, password: ADA.password })
  const oldSession = withCookies(before.headers.getSetCookie())
  assert.notEqual(await identity.operatorOf(oldSession), null)
  const again = { ...ADA, email: 'Ada@Example.org', password: 'another long password' }
  await identity.claimSetup({ token: identity.issueSetupLink().token, ...again }, headersFrom())
  assert.equal(await identity.operatorOf(oldSession), null)
  assert.equal((await signIn(identity, { email: ADA.email, password: ADA.password })).status, 401)
  assert.equal((await signIn(identity, { email: ADA.email, password: again.password })).status, 200)
})

test('a later link adds an operator with another address', async () => {
  const identity = await withAda()
  const bob = { name: 'Bob', email: 'bob@example.org', password: 'yet another password' }
  await identity.claimSetup({ token: identity.issueSetupLink().token, ...bob }, headersFrom())
  for (const { email, password } of [ADA, bob]) {
    assert.equal((await signIn(identity, { email, password })).status, 200)
  }
})

const checked = (identity: Identity, token: string, from = '198.51.100.1') =>
  identity.handleAuth(post('setup-link', { token }, headersFrom({ 'x-real-ip': from })), 'primary')

async function checkRefusal(identity: Identity, token: string): Promise<string> {
  const answer = await checked(identity, token)
  const { what, next } = refusalSchema.parse(await answer.json()).error
  return `${answer.status} ${what} ${next}`
}

test('a link is checked without being used up, and refused before anything is typed', async () => {
  let at = Date.now()
  const identity = await opened({ now: () => at })
  const { token } = identity.issueSetupLink()
  for (let i = 0; i < 6; i += 1) assert.equal((await checked(identity, token)).status, 200)
  await identity.claimSetup({ token, ...ADA }, headersFrom())
  const next = "Get a new link on the host with `switchyard setup-link`, in the project's directory."
  assert.equal(await checkRefusal(identity, token), `410 This set-up link has been used already. ${next}`)
  assert.equal(await checkRefusal(identity, 'x'.repeat(43)), `410 This set-up link is not known. ${next}`)
  const late = identity.issueSetupLink()
  at += HALF_AN_HOUR_MS
  assert.equal(await checkRefusal(identity, late.token), `410 This set-up link has expired. ${next}`)
})

test('five wrong links from one address are checked without a wait, and keep no other address out', async () => {
  const identity = await opened({ now: () => Date.parse('2026-03-01T10:00:00Z') })
  const { token } = identity.issueSetupLink()
  for (let i = 0; i < 5; i += 1) assert.equal((await checked(identity, 'x'.repeat(43))).status, 410)
  const answer = await checked(identity, token)
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '30'])
  assert.equal((await checked(identity, token, '198.51.101.1')).status, 200)
})

test('another site can not have a link checked', async () => {
  const identity = await opened()
  const { token } = identity.issueSetupLink()
  const headers = headersFrom({ origin: 'http://evil.example.org' })
  const answer = await identity.handleAuth(post('setup-link', { token }, headers), 'primary')
  assert.equal(refusalSchema.parse(await answer.json()).error.code, 'origin')
})
