import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADA, headersFrom, rowsOf, signIn, stateDirectory, withAda } from '../../../test/fixtures/identity.ts'
import { refusalSchema } from '../protocol.ts'
import { openIdentityDatabase } from './database.ts'
import type { Identity } from './identity.ts'
import { signInLimit } from './sign-in-limit.ts'

const HOME = '198.51.100.1'
const NOON = Date.parse('2026-03-01T12:00:00Z')

function attempt(
  identity: Identity,
  password: string,
  { email = ADA.email, from = HOME, door = 'primary' } = {},
): Promise<Response> {
  return signIn(identity, { email, password }, headersFrom({ 'x-real-ip': from }), door)
}

/** Many addresses, so that only the limit by account can stop it. */
let counter = 0
function elsewhere(): string {
  counter += 1
  return `198.18.${counter >> 8}.${counter & 255}`
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

test('five attempts come without a wait, then one each 30 seconds, also with the right password', async () => {
  let at = Date.now()
  const identity = await withAda({ now: () => at })
  for (let i = 0; i < 5; i += 1) assert.equal((await attempt(identity, 'wrong')).status, 401)
  assert.equal(await waitOf(await attempt(identity, ADA.password)), 30)
  at += 29_000
  assert.equal(await waitOf(await attempt(identity, ADA.password)), 1)
  at += 1_000
  assert.equal((await attempt(identity, 'wrong')).status, 401)
  assert.equal(await waitOf(await attempt(identity, ADA.password)), 30)
  at += 30_000
  assert.equal((await attempt(identity, ADA.password)).status, 200)
  for (let i = 0; i < 5; i += 1) assert.equal((await attempt(identity, 'wrong')).status, 401)
})

test('whoever knows an operator’s address keeps only the own address out', async () => {
  const identity = await withAda({ now: () => NOON })
  for (let i = 0; i < 5; i += 1) assert.equal((await attempt(identity, 'wrong')).status, 401)
  assert.equal(await waitOf(await attempt(identity, ADA.password)), 30)
  assert.equal((await attempt(identity, ADA.password, { from: elsewhere() })).status, 200)
})

test('an account that does not exist is limited alike', async () => {
  const identity = await withAda({ now: () => NOON })
  for (let i = 0; i < 5; i += 1)
    assert.equal((await attempt(identity, 'wrong', { email: 'nobody@example.org' })).status, 401)
  assert.equal(await waitOf(await attempt(identity, 'wrong', { email: 'NOBODY@example.org' })), 30)
  assert.equal((await attempt(identity, ADA.password)).status, 200)
})

test('from a hundred addresses an account is slowed down too, but not where its operator has signed in before', () => {
  let at = Date.now()
  const database = openIdentityDatabase(stateDirectory())
  try {
    const limit = signInLimit(database, () => at)
    const begin = (address: string) => limit.begin({ email: ADA.email, address, door: 'primary' })
    begin(HOME)
    limit.succeed({ email: ADA.email, address: HOME, door: 'primary' })
    for (let i = 0; i < 99; i += 1) begin(elsewhere())
    assert.throws(() => begin(elsewhere()), { code: 'too-many-attempts', facts: { seconds: '5' } })
    begin(HOME)
    at += 5_000
    begin(elsewhere())
  } finally {
    database.close()
  }
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

test('three minutes later everything is forgotten, and no address stays in the table', async () => {
  let at = Date.now()
  const stateDir = stateDirectory()
  const identity = await withAda({ stateDir, now: () => at })
  for (let i = 0; i < 5; i += 1) await attempt(identity, 'wrong', { email: 'nobody@example.org' })
  const before = JSON.stringify(rowsOf(stateDir, 'SELECT * FROM sign_in_tally'))
  assert.ok(!before.includes('nobody') && !before.includes(HOME))
  at += 3 * 60_000
  assert.equal((await attempt(identity, 'wrong')).status, 401)
  // Ada's own: one for the address, one for all of them, and one of the address for all accounts.
  assert.equal(rowsOf(stateDir, 'SELECT * FROM sign_in_tally').length, 3)
})

test('strangers can’t fill the disk with accounts that they make up', () => {
  const database = openIdentityDatabase(stateDirectory())
  try {
    const limit = signInLimit(database, () => 1_000)
    database.exec(
      'BEGIN; CREATE TEMP TABLE n AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 12000) SELECT x FROM c; COMMIT',
    )
    database.exec("INSERT INTO sign_in_tally SELECT 'a' || x, '', 2000 + x FROM n")
    limit.begin({ email: 'eve@example.org', address: HOME, door: 'primary' })
    assert.equal(database.prepare('SELECT count(*) AS n FROM sign_in_tally').get()?.n, 10_002)
    assert.equal(
      database.prepare("SELECT count(*) AS n FROM sign_in_tally WHERE account_hash = 'a1'").get()?.n,
      0,
    )
  } finally {
    database.close()
  }
})

test('one address may try twenty times a minute over all accounts, others go on', async () => {
  const identity = await withAda({ now: () => NOON })
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

test('no more than two passwords of strangers are hashed at once for a slot', async () => {
  const identity = await withAda()
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => attempt(identity, 'wrong', { email: `b${i}@example.org` })),
  )
  const statuses = answers.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 401).length, 2)
  assert.equal(statuses.filter((status) => status === 429).length, 8)
})

test('a flood of attempts through one slot leaves a place for an address that has signed in before, and all of the other slot', async () => {
  const identity = await withAda()
  assert.equal((await attempt(identity, ADA.password)).status, 200)
  const flood: Promise<Response>[] = []
  const more = (): void => {
    for (let i = 0; i < 20; i += 1)
      flood.push(
        attempt(identity, 'wrong', { from: elsewhere(), email: i % 2 ? ADA.email : `c${i}@example.org` }),
      )
  }
  for (let round = 0; round < 12; round += 1) {
    more()
    const known = attempt(identity, ADA.password)
    more()
    const other = attempt(identity, ADA.password, { door: 'secondary', from: elsewhere() })
    assert.equal((await known).status, 200, `round ${round}`)
    assert.equal((await other).status, 200, `round ${round} by the other slot`)
  }
  const refused = (await Promise.all(flood)).filter(({ status }) => status === 429)
  assert.ok(refused.length > 400, `${refused.length} of ${flood.length}`)
})

test('attempts from an operator’s own address that one slot makes up keep nobody from the other slot', async () => {
  const identity = await withAda()
  assert.equal((await attempt(identity, ADA.password)).status, 200)
  for (let i = 0; i < 30; i += 1) await attempt(identity, 'wrong')
  assert.equal((await attempt(identity, ADA.password)).status, 429)
  assert.equal((await attempt(identity, ADA.password, { door: 'secondary' })).status, 200)
})
