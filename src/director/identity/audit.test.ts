import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { ADA, headersFrom, rowsOf, signIn, stateDirectory, withAda } from '../../../test/fixtures/identity.ts'
import { auditRecord } from './audit.ts'
import { openIdentityDatabase } from './database.ts'

const ALL = 'SELECT actor_kind, actor_name, verb, release, ip, user_agent, outcome FROM audit ORDER BY id'

test('the record says who did what, from where, and when', async () => {
  const stateDir = stateDirectory()
  const identity = await withAda({ stateDir, now: () => Date.parse('2026-03-01T10:00:00Z') })
  await signIn(identity, { email: ADA.email, password: 'wrong' })
  await signIn(identity, { email: ADA.email, password: ADA.password })
  identity.audit({
    actor: { kind: 'host', name: 'root' },
    verb: 'rollback',
    release: 12,
    headers: new Headers(),
  })
  const from = { release: null, ip: '203.0.113.7', user_agent: 'Firefox' }
  assert.deepEqual(rowsOf(stateDir, ALL), [
    { actor_kind: 'operator', actor_name: 'Ada', verb: 'setup', ...from, outcome: 'done' },
    { actor_kind: 'operator', actor_name: ADA.email, verb: 'sign-in', ...from, outcome: 'refused' },
    { actor_kind: 'operator', actor_name: ADA.email, verb: 'sign-in', ...from, outcome: 'done' },
    {
      actor_kind: 'host',
      actor_name: 'root',
      verb: 'rollback',
      release: 12,
      ip: null,
      user_agent: null,
      outcome: 'asked',
    },
  ])
  assert.deepEqual(rowsOf(stateDir, 'SELECT DISTINCT at FROM audit'), [{ at: '2026-03-01T10:00:00.000Z' }])
})

test('nothing on record can be changed or taken away', async () => {
  const stateDir = stateDirectory()
  await withAda({ stateDir })
  const database = new DatabaseSync(join(stateDir, 'identity.db'))
  for (const sql of ["UPDATE audit SET actor_name = 'Eve'", 'DELETE FROM audit']) {
    assert.throws(() => database.exec(sql), { message: 'The audit record is append-only.' })
  }
  database.close()
})

test('control characters are left out and long values cut', () => {
  const stateDir = stateDirectory()
  const database = openIdentityDatabase(stateDir)
  auditRecord(
    database,
    Date.now,
  )({
    actor: { kind: 'host', name: 'ro\u001b[31mot\n' },
    verb: 'deploy',
    release: null,
    headers: new Headers({ 'user-agent': 'a'.repeat(10_000) }),
  })
  database.close()
  const [row] = rowsOf(stateDir, 'SELECT actor_name, length(user_agent) AS length FROM audit')
  assert.deepEqual(row, { actor_name: 'ro[31mot', length: 300 })
})

test('strangers can add 500 refusals in an hour, and never hide what was done', () => {
  const stateDir = stateDirectory()
  const database = openIdentityDatabase(stateDir)
  let at = Date.parse('2026-03-01T10:00:00Z')
  const write = auditRecord(database, () => at)
  const entry = {
    actor: { kind: 'operator', name: 'x' },
    verb: 'sign-in',
    release: null,
    headers: headersFrom(),
  }
  for (let i = 0; i < 510; i += 1) write({ ...entry, outcome: 'refused' })
  write({ ...entry, outcome: 'done' })
  at += 60 * 60_000
  write({ ...entry, outcome: 'refused' })
  database.close()
  const counts = rowsOf(
    stateDir,
    'SELECT outcome, count(*) AS n FROM audit GROUP BY outcome ORDER BY outcome',
  )
  assert.deepEqual(counts, [
    { outcome: 'done', n: 1 },
    { outcome: 'refused', n: 501 },
  ])
})
