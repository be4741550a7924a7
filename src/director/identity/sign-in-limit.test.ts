import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADA, headersFrom, rowsOf, signIn, stateDirectory, withAda } from '../../../test/fixtures/identity.ts'
import { refusalSchema } from '../protocol.ts'
import type { Identity } from './identity.ts'

/** From another address each time, so that only the limit by account can stop it. */
let lastByte = 0
function attempt(identity: Identity, password: string, email = ADA.email): Promise<Response> {
  lastByte += 1
  return signIn(identity, { email, password }, headersFrom({ 'x-real-ip': `198.51.100.${lastByte}` }))
}

async function waitOf(answer: Response): Promise<number> {
  assert.equal(answer.status, 429)
  const seconds = Number(answer.headers.get('retry-after'))
  const { error } = refusalSchema.parse(await answer.json())
  assert.equal(error.code, 'too-many-attempts')
  assert.equal(
    `${error.what} ${error.next}`,
    `There were too many attempts to sign in. Try again in ${seconds} seconds.`,
  )
  return seconds
}

test('each wrong attempt beyond the fifth doubles the wait, to a minute at most, also for the right password', async () => {
  let at = Date.now()
  const identity = await withAda({ now: () => at })
  for (let i = 0; i < 4; i += 1) assert.equal((await attempt(identity, 'wrong')).status, 401)
  const waits: number[] = []
  for (let i = 0; i < 8; i += 1) {
    assert.equal((await attempt(identity, 'wrong')).status, 401)
    waits.push(await waitOf(await attempt(identity, ADA.password)))
    at += (waits.at(-1) ?? 0) * 1_000
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60])
  assert.equal((await attempt(identity, ADA.password)).status, 200)
  assert.equal((await attempt(identity, 'wrong')).status, 401)
  assert.equal((await attempt(identity, ADA.password)).status, 200)
})

test('an address that does not exist is limited alike', async () => {
  const identity = await withAda()
  for (let i = 0; i < 5; i += 1)
    assert.equal((await attempt(identity, 'wrong', 'nobody@example.org')).status, 401)
  assert.equal(await waitOf(await attempt(identity, 'wrong', 'NOBODY@example.org')), 1)
  assert.equal((await attempt(identity, ADA.password)).status, 200)
})

test('the limit outlives a restart, and a set-up link lifts it', async () => {
  const stateDir = stateDirectory()
  const now = () => Date.parse('2026-03-01T10:00:00Z')
  const before = await withAda({ stateDir, now })
  for (let i = 0; i < 5; i += 1) await attempt(before, 'wrong')
  const { openIdentity } = await import('./identity.ts')
  const identity = await openIdentity({ stateDir, now })
  assert.equal((await attempt(identity, ADA.password)).status, 429)
  await identity.claimSetup({ token: identity.issueSetupLink().token, ...ADA }, headersFrom())
  assert.equal((await attempt(identity, ADA.password)).status, 200)
  identity.close()
})

test('an hour later everything is forgotten, and no address stays in the table', async () => {
  let at = Date.now()
  const stateDir = stateDirectory()
  const identity = await withAda({ stateDir, now: () => at })
  for (let i = 0; i < 5; i += 1) await attempt(identity, 'wrong', 'nobody@example.org')
  assert.ok(!JSON.stringify(rowsOf(stateDir, 'SELECT * FROM sign_in_attempt')).includes('nobody'))
  at += 60 * 60_000 + 1
  assert.equal((await attempt(identity, 'wrong')).status, 401)
  assert.equal(rowsOf(stateDir, 'SELECT * FROM sign_in_attempt').length, 1)
})

test('one address may try twenty times a minute over all accounts, others go on', async () => {
  const identity = await withAda()
  const from = headersFrom({ 'x-real-ip': '192.0.2.66' })
  for (let i = 0; i < 20; i += 1) {
    assert.equal(
      (await signIn(identity, { email: `a${i}@example.org`, password: 'wrong' }, from)).status,
      401,
    )
  }
  const seconds = await waitOf(await signIn(identity, { email: ADA.email, password: ADA.password }, from))
  assert.ok(seconds > 0 && seconds <= 60, `${seconds} s`)
  assert.equal((await attempt(identity, ADA.password)).status, 200)
})

test('more than four passwords are never hashed at once', async () => {
  const identity = await withAda()
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => attempt(identity, 'wrong', `b${i}@example.org`)),
  )
  const statuses = answers.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 401).length, 4)
  assert.equal(statuses.filter((status) => status === 429).length, 6)
})
