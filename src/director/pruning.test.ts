import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { NO_STOCK } from '../../test/fixtures/bare-parts.ts'
import { daysAgo, image, inventory } from '../../test/fixtures/stored.ts'
import { build, draft, yard } from '../../test/fixtures/yard.ts'
import { keepOutcomeSchema } from '../release/keep-mark.ts'
import { pruneViewSchema } from '../release/prune-view.ts'
import { takeLock } from '../state/lock.ts'
import { releaseLogs } from '../state/release-log.ts'
import { directorApi } from './api.ts'
import { releaseChanges } from './changes.ts'
import { hostGate } from './gate.ts'
import { previewPlan } from './preview.ts'
import { refusalSchema } from './protocol.ts'
import { releases } from './releases.ts'
import { tidying } from './tidying.ts'

/** The director's API over a yard with two images that no release knows. */
async function director() {
  const { parts, lockPath, liveDir, journal } = await yard()
  const images = [98, 99].map((number) => image(number, { createdAt: daysAgo(number) }))
  parts.stock = {
    ...NO_STOCK,
    take: async () => inventory({ images }),
    removeImage: async ({ id }) => {
      images.splice(
        images.findIndex((stored) => stored.id === id),
        1,
      )
      return null
    },
  }
  const logs = releaseLogs(join(liveDir, '..', 'logs'))
  const changes = releaseChanges()
  const tidy = tidying(parts, lockPath)
  const verbs = releases({ parts, logs, changes, lockPath, settle: async () => undefined, tidying: tidy })
  const audited: string[] = []
  const unasked = (): Promise<never> => Promise.reject(new Error('Not asked here.'))
  const app = directorApi(
    {
      ...{ parts, releases: verbs, logs, changes, status: unasked, slotLines: unasked },
      endAllSessions: () => 0,
      audit: ({ actor, verb }) => audited.push(`${verb} by ${actor.name}`),
    },
    hostGate(),
  )
  const post = (path: string, body: unknown) =>
    app.request(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'x-switchyard-user': 'ada' },
    })
  const prune = (body: unknown) => post('/v1/prune', body)
  return { app, post, prune, audited, images, verbs, tidy, logs, lockPath, journal, parts }
}

const viewIn = async (response: Response) => pruneViewSchema.parse(await response.json())

test('a dry run and the list of builds change nothing and are not audited; pruning is', async () => {
  const { app, prune, audited, images } = await director()
  const dry = await viewIn(await prune({ dryRun: true }))
  assert.deepEqual([dry.dryRun, dry.gone.length, images.length], [true, 2, 2])
  assert.deepEqual(await viewIn(await app.request('/v1/builds')), dry)
  assert.deepEqual(audited, [])
  const done = await viewIn(await prune({}))
  assert.deepEqual([done.dryRun, done.gone.length, images.length], [false, 2, 0])
  assert.deepEqual(audited, ['prune by ada'])
  assert.equal((await prune({ dryRun: 'maybe' })).status, 400)
})

test('nobody prunes while another holds the lock, and a dry run is told all the same', async () => {
  const { prune, images, lockPath } = await director()
  const held = await takeLock(lockPath, {
    ...{ verb: 'deploy', release: null, actor: { kind: 'host', name: 'bob' } as const },
    since: '2026-01-01T00:00:00.000Z',
  })
  const refused = await prune({})
  assert.deepEqual([refused.status, images.length], [409, 2])
  assert.equal(refusalSchema.parse(await refused.json()).error.code, 'busy')
  assert.equal((await prune({ dryRun: true })).status, 200)
  held?.release()
})

test('what a release outruns goes when it is live, and its log tells', async () => {
  const { verbs, tidy, logs, images } = await director()
  const ada = { kind: 'host', name: 'ada' } as const
  const deploy = { source: { kind: 'tree' as const }, label: null, note: null }
  const { id } = await verbs.deploy(deploy, ada)
  assert.equal(images.length, 2)
  await verbs.settled()
  await tidy.ended()
  assert.equal(images.length, 0)
  const told = (await logs.read(id, 0)).map(({ text }) => text.split('. ')[0])
  assert.deepEqual(told.slice(-2), ['Pruned b99 (b99)', 'Pruned b98 (b98)'])
})

test('a plan does not call a disk too full that a deploy would make room on', async () => {
  const { parts, images } = await director()
  const sentence = '1 GiB are free at /srv, a release needs 2 GiB.'
  parts.preflight.run = async () => [{ code: 'disk-full', name: 'disk', outcome: 'refused', sentence }]
  let missingBytes = 200
  parts.stock.take = async () => inventory({ images, missingBytes })
  const allowed = { allowed: true, reason: null }
  const actions = {
    deploy: allowed,
    deployByMachine: allowed,
    rollback: allowed,
    abort: allowed,
    reload: allowed,
    bar: allowed,
    freeze: allowed,
    prune: allowed,
  }
  const request = { source: { kind: 'tree' as const }, label: null, note: null }
  const diskOf = async () => {
    const plan = await previewPlan(
      parts,
      { verb: 'deploy', request },
      { actor: { kind: 'host', name: 'root' }, status: { actions, holder: null } },
      AbortSignal.timeout(5_000),
    )
    return [plan.mayStart, plan.findings.find(({ name }) => name === 'disk')?.sentence]
  }
  assert.deepEqual(await diskOf(), [true, `${sentence} 2 old builds go first, which should make room.`])
  missingBytes = 201
  assert.deepEqual(await diskOf(), [false, sentence])
  assert.equal(images.length, 2)
})

test('a build that is kept is never pruned, whoever asks is told by whom and why, and then it may go', async () => {
  const { post, prune, audited, images, journal } = await director()
  const { id } = journal.create(draft({ slot: 'primary', from: 'secondary' }))
  journal.append(id, { type: 'built', build: build(99) })
  journal.append(id, {
    type: 'aborted',
    error: { code: 'aborted', what: '', live: '', next: '', detail: null },
  })
  const reason = 'The last one with the old checkout.'
  const kept = keepOutcomeSchema.parse(await (await post('/v1/keep', { build: 'b99', reason })).json())
  assert.deepEqual([kept.isChange, kept.mark?.reason, kept.mark?.actor.name], [true, reason, 'ada'])
  const again = keepOutcomeSchema.parse(await (await post('/v1/keep', { build: 'b99' })).json())
  assert.deepEqual([again.isChange, again.mark], [false, kept.mark])
  const { kept: stays } = await viewIn(await prune({}))
  assert.match(
    stays.find(({ deploymentId }) => deploymentId === 'b99')?.why ?? '',
    /^ada keeps it since .+ UTC: The last one with the old checkout\.$/,
  )
  assert.equal(images.length, 1)
  assert.equal((await post('/v1/unkeep', { build: 'b99' })).status, 200)
  // As after any release that goes live.
  journal.append(journal.create(draft({ slot: 'primary', from: 'secondary' })).id, { type: 'switching' })
  journal.append(journal.unfinished()[0]?.id ?? 0, { type: 'live' })
  await prune({})
  assert.deepEqual(
    [images.length, audited],
    [0, ['keep by ada', 'keep by ada', 'prune by ada', 'unkeep by ada', 'prune by ada']],
  )
  assert.equal((await post('/v1/keep', { build: 'b7' })).status, 404)
})
