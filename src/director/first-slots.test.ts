import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bareParts } from '../../test/fixtures/bare-parts.ts'
import { build, draft } from '../../test/fixtures/yard.ts'
import { readRouting } from '../nginx/read-generation.ts'
import { writeGeneration } from '../nginx/switch.ts'
import type { Journal } from '../release/ports.ts'
import { NO_ROUTING, nextRouting } from '../release/routing.ts'
import type { StatusPayload } from '../release/status-payload.ts'
import { openJournal } from '../state/journal.ts'
import { takeLock } from '../state/lock.ts'
import { firstSlots } from './first-slots.ts'
import { settling } from './settling.ts'

/** A journal, a routing and a marker on disk, as a first start leaves them, and a primary that says what `says` holds. */
function fresh({ killedBefore = '' } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-first-'))
  const journal = openJournal(join(dir, 'journal.db'))
  after(() => {
    journal.close()
    rmSync(dir, { recursive: true })
  })
  const [liveDir, markerPath, lockPath] = ['live', 'first-start', 'deploy.lock'].map((name) =>
    join(dir, name),
  )
  assert.ok(liveDir && markerPath && lockPath)
  writeFileSync(markerPath, '')
  const says: { status: StatusPayload['status']; release: number } = { status: 'operational', release: 1 }
  const written: string[] = []
  const bare = bareParts({ journal })
  const parts = bareParts({
    journal,
    traffic: {
      ...bare.traffic,
      read: () => readRouting(liveDir),
      write: (next) => writeGeneration(liveDir, next),
    },
    slots: {
      ...bare.slots,
      inspect: async () => ({
        ...{ id: 'c1', name: 'env-primary', state: 'running', startedAt: null, restarts: 0 },
        ...{ image: 'switchyard/shop:first', release: 1 },
      }),
    },
    health: {
      ...bare.health,
      probe: async (slot) => ({
        payload: {
          ...{ timestamp: '2026-03-01T10:00:00.000Z', version: '1.0.0', uptimeSeconds: 1, inFlight: 0 },
          ...{ slot, deploymentId: 'c-1', checks: {}, ...says },
        },
        latencyMs: 1,
        httpStatus: 200,
      }),
    },
    assets: { publish: async () => ({ files: 1 }) },
    envFile: {
      has: async () => true,
      runtimes: async () => [],
      write: async (started, live) => {
        written.push(`${started.primary?.build.image} ${started.secondary?.release} ${live}`)
      },
    },
  })
  const dying: Journal = {
    ...journal,
    append: (id, event) => {
      if (event.type === killedBefore) throw new Error('killed')
      return journal.append(id, event)
    },
  }
  const first = firstSlots({
    parts: { ...parts, journal: dying },
    lockPath,
    markerPath,
    log: () => undefined,
  })
  return { first, parts, journal, says, written, liveDir, markerPath, lockPath }
}

test('slots that compose has started become the first release, primary live, and that is written down', async () => {
  const { first, journal, written, liveDir, markerPath } = fresh()
  await first.now()
  const live = journal.newestLive()
  assert.deepEqual(
    [live?.id, live?.slot, live?.from, live?.build, live?.recovery],
    [
      ...[1, 'primary', null],
      { ...build(1), image: 'switchyard/shop:first', deploymentId: 'c-1', version: '1.0.0' },
      'Compose had started both slots; the director took them over.',
    ],
  )
  assert.equal(journal.holderOf('secondary')?.id, 1)
  const routing = await readRouting(liveDir)
  assert.deepEqual(
    [routing?.generation, routing?.live, routing?.up, routing?.pins, routing?.release],
    [1, 'primary', ['primary', 'secondary'], [{ deploymentId: 'c-1', slot: 'primary' }], 1],
  )
  assert.deepEqual(written, ['switchyard/shop:first 1 primary'])
  assert.equal(existsSync(markerPath), false)
})

test('nothing is taken over before primary is healthy, nor while another holds the lock', async () => {
  const { first, journal, says, lockPath, markerPath } = fresh()
  says.status = 'starting'
  await first.now()
  assert.equal(journal.newestLive(), null)
  says.status = 'operational'
  const actor = { kind: 'host', name: 'ada' } as const
  const held = await takeLock(lockPath, { verb: 'deploy', release: null, actor, since: '' })
  await first.now()
  assert.equal(journal.newestLive(), null)
  held?.release()
  await first.now()
  assert.equal(journal.newestLive()?.id, 1)
  assert.equal(existsSync(markerPath), false)
})

test('a slot of another release is not taken for the first', async () => {
  const { first, journal, says } = fresh()
  says.release = 7
  await first.now()
  assert.equal(journal.newestLive(), null)
})

test('without word of a first start nothing is taken over, and with a release in the journal the word goes', async () => {
  const silent = fresh()
  rmSync(silent.markerPath)
  await silent.first.now()
  assert.equal(silent.journal.newestLive(), null)
  const later = fresh()
  later.journal.create(draft({ verb: 'deploy', slot: 'primary', from: null }))
  await later.first.now()
  assert.equal(existsSync(later.markerPath), false)
  assert.equal(await readRouting(later.liveDir), null)
})

test('a director that was killed after it had written the routing does it all again', async () => {
  const { first, journal, liveDir } = fresh()
  const builds = { primary: build(1), secondary: build(1) }
  await writeGeneration(liveDir, nextRouting(NO_ROUTING, { live: 'primary', builds, bars: [], release: 1 }))
  await first.now()
  assert.equal(journal.newestLive()?.id, 1)
  assert.deepEqual(
    [(await readRouting(liveDir))?.generation, (await readRouting(liveDir))?.live],
    [2, 'primary'],
  )
})

for (const at of ['switching', 'recovered', 'live'] as const) {
  test(`a director that was killed before it had written "${at}" of the first release finishes it when it starts again`, async () => {
    const { first, parts, journal, liveDir, markerPath, lockPath } = fresh({ killedBefore: at })
    await first.now()
    assert.equal(journal.newestLive(), null)
    parts.traffic.confirm = async () => ({ tookMs: 1, sight: 'answers', missing: null })
    const script = { read: async () => null, forget: async () => undefined }
    const left = settling({ parts, lockPath, log: () => undefined, script })
    await left.now()
    assert.equal(left.problem(), null)
    await first.now()
    const live = journal.newestLive()
    assert.deepEqual(
      [live?.id, live?.slot, live?.build?.image, journal.holderOf('secondary')?.id],
      [1, 'primary', 'switchyard/shop:first', 1],
    )
    assert.equal((await readRouting(liveDir))?.live, 'primary')
    assert.equal(existsSync(markerPath), false)
  })
}
