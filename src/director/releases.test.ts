import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { until } from '../../test/engine/until.ts'
import { bareParts, bareTraffic } from '../../test/fixtures/bare-parts.ts'
import { readGeneration } from '../nginx/read-generation.ts'
import { writeGeneration } from '../nginx/switch.ts'
import { ReleaseError } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import type { RoutingState } from '../release/ports.ts'
import type { Actor, Build } from '../release/release.ts'
import { NO_ROUTING } from '../release/routing.ts'
import type { Slot } from '../release/slot.ts'
import { openJournal } from '../state/journal.ts'
import { takeLock } from '../state/lock.ts'
import { releaseLogs } from '../state/release-log.ts'
import { releaseChanges } from './changes.ts'
import { releases } from './releases.ts'

const ada: Actor = { kind: 'host', name: 'ada' }
const build: Build = {
  image: 'switchyard/shop:b1',
  deploymentId: 'b1',
  version: '1.0.0',
  revision: null,
  hasConsole: true,
  madeBy: 1,
}
const deployOfTree = { source: { kind: 'tree' as const }, label: null, note: null }

function routing(generation: number, live: Slot): RoutingState {
  return { ...NO_ROUTING, generation, live, up: ['primary', 'secondary'], release: generation }
}

/**
 * Journal, lock, log and routing of a system whose releases end at their first step, with release 1 live in primary.
 * `afterRead` runs whenever the routing has been read.
 */
async function system(afterRead: (system: { liveDir: string; lockPath: string }) => Promise<void>) {
  const dir = mkdtempSync(join(tmpdir(), 'releases-'))
  const liveDir = join(dir, 'live')
  const lockPath = join(dir, 'deploy.lock')
  const journal = openJournal(join(dir, 'journal.db'))
  after(() => {
    journal.close()
    rmSync(dir, { recursive: true })
  })
  const { id } = journal.create({
    verb: 'deploy',
    source: { kind: 'tree' },
    slot: 'primary',
    from: null,
    build,
    replaces: null,
    label: null,
    note: null,
    actor: ada,
    steps: [],
  })
  journal.append(id, { type: 'switching' })
  journal.append(id, { type: 'live' })
  await writeGeneration(liveDir, routing(1, 'primary'))
  const parts = bareParts({
    journal,
    traffic: bareTraffic(async () => {
      const seen = await readGeneration(liveDir)
      await afterRead({ liveDir, lockPath })
      return seen
    }),
    builder: {
      check: () => Promise.reject(new ReleaseError('ref-unknown', { ref: 'v9' })),
      obtain: () => Promise.reject(new Error('No release of these tests gets so far.')),
    },
  })
  const verbs = releases({
    parts,
    logs: releaseLogs(join(dir, 'logs')),
    changes: releaseChanges(),
    lockPath,
    settle: async () => undefined,
  })
  return { verbs, liveDir, lockPath, journal }
}

/** A release that was about to end when another one began: it moves the traffic as soon as it gets the lock. */
async function moveToSecondary({ liveDir, lockPath }: { liveDir: string; lockPath: string }): Promise<void> {
  const since = new Date().toISOString()
  const held = await takeLock(lockPath, { verb: 'rollback', release: null, actor: ada, since })
  if (!held) return
  await writeGeneration(liveDir, routing(2, 'secondary'))
  held.release()
}

for (const verb of ['deploy', 'rollback'] as const) {
  test(`a ${verb} aims at the slot that is not live, even where the traffic moves as it begins`, async () => {
    const { verbs, liveDir } = await system(moveToSecondary)
    const note = 'The cart is empty'
    const release =
      verb === 'deploy'
        ? await verbs.deploy({ ...deployOfTree, note }, ada)
        : await verbs.rollback({ note }, ada)
    assert.equal(release.note, note)
    const live = (await readGeneration(liveDir))?.live
    assert.notEqual(release.slot, live)
    assert.equal(release.from, live)
    await verbs.settled()
  })
}

test('no first release is begun over a routing that is lost', async () => {
  const { verbs, liveDir, journal } = await system(async () => undefined)
  rmSync(join(liveDir, 'current'))
  await assert.rejects(verbs.deploy(deployOfTree, ada), (error: unknown) => {
    assert.ok(error instanceof ReleaseError)
    assert.equal(error.facts.reason, 'current leads to no slot, though release 1 is live in primary')
    return true
  })
  assert.equal(journal.list({ before: null, limit: 10 }).length, 1)
})

test('a release that can not begin frees the lock, and says why', async () => {
  const { verbs, lockPath, journal } = await system(async () => undefined)
  const since = '2026-01-01T00:00:00.000Z'
  const held = await takeLock(lockPath, { verb: 'rollback', release: null, actor: ada, since })
  await assert.rejects(verbs.deploy(deployOfTree, ada), (error: unknown) => {
    assert.ok(error instanceof ReleaseError)
    assert.equal(describeError(error, '').what, 'ada is busy with rollback since 2026-01-01 00:00:00 UTC.')
    return true
  })
  held?.release()
  await assert.rejects(
    verbs.rollback({ from: 7 }, ada),
    (error: unknown) => error instanceof ReleaseError && error.code === 'live-changed',
  )
  const release = await verbs.deploy(deployOfTree, ada)
  await verbs.settled()
  assert.equal(journal.get(release.id)?.error?.what, 'The project has no git ref "v9".')
})

test('a lock file that is removed lets no second release begin', async () => {
  let begin: () => void = () => undefined
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const { verbs, lockPath } = await system(async () => begun)
  const first = verbs.deploy(deployOfTree, ada)
  await until('the lock is held', 5_000, async () => (existsSync(`${lockPath}.json`) ? true : null))
  rmSync(lockPath)
  await assert.rejects(
    verbs.deploy(deployOfTree, ada),
    (error: unknown) => error instanceof ReleaseError && error.code === 'busy',
  )
  begin()
  await first
  await verbs.settled()
  await verbs.deploy(deployOfTree, ada)
  await verbs.settled()
})
