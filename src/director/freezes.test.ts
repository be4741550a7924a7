import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directorOver, refusalIn } from '../../test/fixtures/director-over.ts'
import { yard } from '../../test/fixtures/yard.ts'
import { freezeOutcomeSchema } from '../release/freeze.ts'
import { readHolder, takeLock } from '../state/lock.ts'
import { slotsGate } from './gate.ts'
import { followers } from './intake/followers.ts'
import { planViewSchema } from './protocol.ts'

const TREE = { source: { kind: 'tree' } }
const NEVER = new AbortController().signal
const consoleGate = slotsGate(
  {
    sessionOf: async () => ({
      id: 's1',
      operator: { name: 'Ada' },
      ending: NEVER,
      follow: () => () => undefined,
    }),
  },
  followers(),
)
const OWN_PAGE = {
  origin: 'https://shop.example.org',
  'x-forwarded-host': 'shop.example.org',
  'x-forwarded-proto': 'https',
}

/** A yard whose newest release, the third, is a rollback to primary. */
async function rolledBack() {
  const system = await yard()
  const director = directorOver(system)
  await director.post('/v1/rollback', {})
  await director.verbs.settled()
  assert.equal(system.journal.newestLive()?.verb, 'rollback')
  return { system, ...director }
}

test('after a rollback a machine is refused before anything starts, in three sentences', async () => {
  const { system, post } = await rolledBack()
  const { status, code, what, live, next } = await refusalIn(await post('/v1/deploy', TREE))
  assert.deepEqual(
    [status, code, live],
    [423, 'frozen', 'Visitors get 1.0.0 from the primary slot, as before.'],
  )
  assert.match(what, /^Deploys by machines are frozen since .+ UTC, when ada rolled back \(release 3\)\.$/)
  assert.match(next, /`switchyard unfreeze`/)
  assert.equal(system.journal.list({ before: null, limit: 9 })[0]?.id, 3)
  assert.equal(await readHolder(system.lockPath), null)
})

test('a person on the host names the freeze that they saw, and it stays in force', async () => {
  const { system, post, verbs, status } = await rolledBack()
  const despiteFreeze = (await status()).freeze?.at
  const other = await post('/v1/deploy', { ...TREE, despiteFreeze: '2026-01-01T00:00:00.000Z' })
  assert.equal((await refusalIn(other)).code, 'frozen')
  assert.equal((await post('/v1/deploy', { ...TREE, despiteFreeze })).status, 202)
  await verbs.settled()
  assert.equal(system.journal.newestLive()?.verb, 'deploy')
  assert.equal((await refusalIn(await post('/v1/deploy', TREE))).code, 'frozen')
})

test('an operator in the console is a person', async () => {
  const { system } = await rolledBack()
  const { app, verbs } = directorOver(system, consoleGate)
  const init = { method: 'POST', body: JSON.stringify(TREE), headers: OWN_PAGE }
  const planned = await app.request('/v1/plan', {
    ...init,
    body: JSON.stringify({ verb: 'deploy', request: TREE }),
  })
  const plan = planViewSchema.parse(await planned.json())
  assert.equal(plan.mayStart, true)
  assert.match(
    plan.findings.find(({ name }) => name === 'freeze')?.sentence ?? '',
    /^Deploys by machines are frozen since .+ \(release 3\)\. This deploy leaves it so\.$/,
  )
  assert.equal((await app.request('/v1/deploy', init)).status, 202)
  await verbs.settled()
})

test('freezing and lifting are audited, told by the status, and asked of nobody from elsewhere', async () => {
  const system = await yard()
  const { post, status, audited } = directorOver(system)
  const frozen = freezeOutcomeSchema.parse(await (await post('/v1/freeze', { reason: ' Christmas ' })).json())
  assert.deepEqual(
    [frozen.freeze?.cause, frozen.freeze?.reason, frozen.freeze?.actor.name, frozen.isChange],
    ['manual', 'Christmas', 'ada', true],
  )
  const during = await status()
  assert.deepEqual(during.freeze, frozen.freeze)
  assert.deepEqual(during.actions.deploy, { allowed: true, reason: null })
  assert.match(during.actions.deployByMachine.reason ?? '', /^Deploys by machines are frozen by ada since /)
  const { app } = directorOver(system, consoleGate)
  const stranger = await app.request('/v1/unfreeze', {
    method: 'POST',
    headers: { origin: 'https://evil.org' },
  })
  assert.deepEqual([stranger.status, (await status()).freeze], [403, frozen.freeze])
  const lifted = freezeOutcomeSchema.parse(await (await post('/v1/unfreeze', {})).json())
  assert.deepEqual(lifted, { freeze: null, isChange: true, running: null })
  assert.equal((await status()).freeze, null)
  const again = freezeOutcomeSchema.parse(await (await post('/v1/unfreeze', {})).json())
  assert.equal(again.isChange, false)
  assert.deepEqual(audited, ['freeze by ada', 'unfreeze by ada', 'unfreeze by ada'])
})

test('a freeze without a reason is refused', async () => {
  const { post } = directorOver(await yard())
  for (const body of [{}, { reason: '  ' }]) {
    const { status, what } = await refusalIn(await post('/v1/freeze', body))
    assert.deepEqual(
      [status, what],
      [400, 'The request is not right: reason: Say why, for whoever is refused.'],
    )
  }
})

test('a rollback by a hand that nobody has noticed yet refuses machines at once, and is lifted with the rest', async () => {
  const system = await yard()
  const { post, status } = directorOver(system)
  await system.move('primary', null)
  assert.equal((await refusalIn(await post('/v1/deploy', TREE))).code, 'frozen')
  await post('/v1/unfreeze', {})
  assert.equal((await status()).freeze, null)

  await system.move('secondary', null)
  const lifted = freezeOutcomeSchema.parse(await (await post('/v1/unfreeze', {})).json())
  assert.deepEqual([lifted.isChange, lifted.freeze], [true, null])
  assert.equal(system.journal.newestLive()?.slot, 'secondary')
})

test('one freezes whoever holds the lock; lifting waits for a script that may be rolling back', async () => {
  const system = await yard()
  const { post } = directorOver(system)
  const actor = { kind: 'host', name: 'bob' } as const
  const held = await takeLock(system.lockPath, {
    ...{ verb: 'rollback', release: null, actor },
    since: '2026-01-01T00:00:00.000Z',
  })
  assert.equal((await post('/v1/freeze', { reason: 'Christmas' })).status, 200)
  assert.equal((await refusalIn(await post('/v1/unfreeze', {}))).code, 'busy')
  held?.release()
  assert.equal((await post('/v1/unfreeze', {})).status, 200)
})
