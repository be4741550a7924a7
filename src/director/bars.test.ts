import assert from 'node:assert/strict'
import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { directorOver, refusalIn } from '../../test/fixtures/director-over.ts'
import { yard } from '../../test/fixtures/yard.ts'
import { barOutcomeSchema } from '../release/bar.ts'
import { takeLock } from '../state/lock.ts'
import { previewPlan } from './preview.ts'
import { historySchema } from './protocol.ts'

test('a build is barred and unbarred over the API, audited, and told by status and history', async () => {
  const system = await yard()
  const { app, post, status, audited } = directorOver(system)
  const answer = await post('/v1/bar', { build: 'b1', reason: '  CVE-2026-1234  ' })
  assert.equal(answer.status, 200)
  const { bar, slot, isInReach } = barOutcomeSchema.parse(await answer.json())
  assert.deepEqual(
    [bar?.actor.name, bar?.reason, slot, isInReach],
    ['ada', 'CVE-2026-1234', 'primary', false],
  )
  const during = await status()
  assert.deepEqual([during.barred, during.slots.primary.barred], [[bar], bar])
  assert.deepEqual([during.slots.primary.role, during.standby], ['idle', null])
  const history = historySchema.parse(await (await app.request('/v1/releases')).json())
  assert.deepEqual(history.barred, [bar])
  assert.equal((await post('/v1/unbar', { build: 'b1' })).status, 200)
  assert.equal((await status()).slots.primary.role, 'standby')
  assert.deepEqual(audited, ['bar by ada', 'unbar by ada'])
})

test('the API refuses the live build, one that it does not know, and a reason that is too long', async () => {
  const { post } = directorOver(await yard())
  const live = await refusalIn(await post('/v1/bar', { build: 'b2' }))
  assert.deepEqual(
    [live.status, live.what, live.live, live.next],
    [
      409,
      '2.0.0 (b2) is what visitors get, so it can not be barred.',
      'Visitors get 2.0.0 from the secondary slot, as before.',
      'Deploy another build or roll back to one, then bar this one.',
    ],
  )
  const unknown = await refusalIn(await post('/v1/bar', { build: 'b7' }))
  assert.deepEqual(
    [unknown.status, unknown.what],
    [404, 'No release has made or taken a build "b7". The nearest is b2.'],
  )
  const long = await refusalIn(await post('/v1/bar', { build: 'b1', reason: 'x'.repeat(501) }))
  assert.deepEqual(
    [long.status, long.what],
    [400, 'The request is not right: reason: A reason is up to 500 characters.'],
  )
})

test('nobody bars while another holds the lock', async () => {
  const system = await yard()
  const { post } = directorOver(system)
  const actor = { kind: 'host', name: 'bob' } as const
  const held = await takeLock(system.lockPath, {
    ...{ verb: 'deploy', release: null, actor },
    since: '2026-01-01T00:00:00.000Z',
  })
  const busy = await refusalIn(await post('/v1/bar', { build: 'b1' }))
  assert.deepEqual([busy.status, busy.code], [409, 'busy'])
  assert.deepEqual(system.journal.bars.list(), [])
  held?.release()
})

test('a barred standby is rolled back to neither by the verb nor in the plan, and the reason is one and the same', async () => {
  const system = await yard()
  const { post, status } = directorOver(system)
  await post('/v1/bar', { build: 'b1', reason: 'A hole.' })
  const seen = await status()
  const { reason } = seen.actions.rollback
  assert.match(reason ?? '', /^1\.0\.0 \(b1\) is barred by ada since .+ UTC: A hole\.$/)
  const refused = await refusalIn(await post('/v1/rollback', {}))
  assert.deepEqual([refused.status, refused.code, refused.what], [409, 'build-barred', reason])
  const plan = await previewPlan(
    system.parts,
    { verb: 'rollback' },
    { actor: { kind: 'host', name: 'ada' }, status: seen },
    AbortSignal.timeout(1_000),
  )
  assert.equal(plan.mayStart, false)
  assert.deepEqual(
    plan.findings.filter(({ outcome }) => outcome === 'refused').map(({ sentence }) => sentence),
    [reason],
  )
})

test('a barred build that a hand led the visitors to is called a problem', async () => {
  const system = await yard()
  const { post, status } = directorOver(system)
  await post('/v1/bar', { build: 'b1' })
  await system.move('primary', null)
  assert.match(
    (await status()).routing.problem ?? '',
    /^primary is live, and its build is barred: 1\.0\.0 \(b1\) is barred by ada since .+ UTC\. Deploy another one\.$/,
  )
})

test('a release that has just moved the traffic over a barred build is no problem', async () => {
  const system = await yard()
  const { post, status, verbs } = directorOver(system)
  await post('/v1/bar', { build: 'b1' })
  let problem: string | null | undefined
  const { confirm } = system.parts.traffic
  system.parts.traffic.confirm = async (...given) => {
    problem = (await status()).routing.problem
    return confirm(...given)
  }
  await post('/v1/deploy', { source: { kind: 'tree' } })
  await verbs.settled()
  assert.equal((await system.routing())?.live, 'primary')
  assert.equal(problem, null)
})

test('a director that was killed between the record and the routing settles it at start', async () => {
  const system = await yard()
  system.journal.bars.bar({ deploymentId: 'b1', version: '1.0.0' }, null, { kind: 'host', name: 'ada' })
  assert.deepEqual((await system.routing())?.barred, [])
  await directorOver(system).settle()
  const routing = await system.routing()
  assert.deepEqual([routing?.live, routing?.up, routing?.barred], ['secondary', ['secondary'], ['primary']])
  system.journal.bars.unbar('b1', { kind: 'host', name: 'ada' })
  await directorOver(system).settle()
  assert.deepEqual((await system.routing())?.up, ['primary', 'secondary'])
})

test('a routing that could not be written is written by the director that runs on', async () => {
  const system = await yard()
  const { post, settle } = directorOver(system)
  await settle()
  const obstacle = join(system.liveDir, 'current.tmp')
  await mkdir(obstacle)
  const refused = await refusalIn(await post('/v1/bar', { build: 'b1' }))
  assert.deepEqual([refused.status, refused.code], [503, 'routing-unconfirmed'])
  await rmdir(obstacle)
  await settle()
  assert.deepEqual((await system.routing())?.barred, ['primary'])
})

test('a build that was unbarred while its slot was ill comes back by itself when that is well', async () => {
  const system = await yard()
  const { post, settle } = directorOver(system)
  await post('/v1/bar', { build: 'b1' })
  system.says.primary = null
  const answer = await post('/v1/unbar', { build: 'b1' })
  assert.equal(barOutcomeSchema.parse(await answer.json()).isInReach, false)
  const { generation } = (await system.routing()) ?? assert.fail()
  await settle()
  assert.equal((await system.routing())?.generation, generation)
  system.says.primary = 'operational'
  await settle()
  const routing = await system.routing()
  assert.deepEqual([routing?.up, routing?.pins.length], [['primary', 'secondary'], 2])
})
