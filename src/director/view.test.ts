import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bareParts, bareTraffic, bareTrafficLog } from '../../test/fixtures/bare-parts.ts'
import { step } from '../../test/fixtures/scripted-director.ts'
import { traffic } from '../../test/fixtures/traffic-counts.ts'
import type { Slot } from '../release/slot.ts'
import type { AnsweredBy } from '../release/traffic-counts.ts'
import { openJournal } from '../state/journal.ts'
import { takeLock } from '../state/lock.ts'
import { releaseLogs } from '../state/release-log.ts'
import { releaseChanges } from './changes.ts'
import { previewPlan } from './preview.ts'
import { systemStatusSchema } from './protocol.ts'
import { releases } from './releases.ts'
import { lookAround } from './view.ts'

const dir = mkdtempSync(join(tmpdir(), 'view-'))
const lockPath = join(dir, 'deploy.lock')
const journal = openJournal(join(dir, 'journal.db'))
after(() => {
  journal.close()
  rmSync(dir, { recursive: true })
})

const parts = bareParts({
  journal,
  traffic: bareTraffic(async () => null),
  preflight: { run: async () => [] },
  builder: { check: async () => 'It is there.', obtain: () => Promise.reject(new Error('Not here.')) },
})
const verbs = releases({
  parts,
  logs: releaseLogs(join(dir, 'logs')),
  changes: releaseChanges(),
  lockPath,
  settle: async () => undefined,
})
const look = (trafficLog = bareTrafficLog(), health = parts.health) =>
  lookAround({
    parts: { ...parts, health },
    releases: verbs,
    unsettled: null,
    failOver: null,
    lockPath,
    identity: { project: 'shop', version: '1.0.0', startedAt: new Date().toISOString() },
    addressOf: () => 'http://127.0.0.1:8001',
    usageOf: async () => null,
    dockerVersion: async () => '20.10.24',
    trafficLog,
  })

const holder = {
  verb: 'set-up',
  release: null,
  actor: { kind: 'host', name: 'ada' },
  since: '2026-01-01T00:00:00.000Z',
} as const

test('who holds the lock keeps the verbs off, and what a killed holder left does not', async () => {
  const held = await takeLock(lockPath, holder)
  const during = await look()
  assert.deepEqual(during.holder, holder)
  assert.deepEqual(during.actions.deploy, { allowed: false, reason: 'ada holds the release lock.' })
  const request = { source: { kind: 'tree' }, label: null, note: null } as const
  const plan = await previewPlan(
    parts,
    { verb: 'deploy', request },
    { actor: holder.actor, status: during },
    AbortSignal.timeout(1_000),
  )
  assert.equal(plan.mayStart, false)
  assert.deepEqual(plan.findings.at(-1), {
    ...{ name: 'permission', outcome: 'refused', code: 'busy', sentence: 'ada holds the release lock.' },
  })
  held?.release()
  writeFileSync(`${lockPath}.json`, JSON.stringify(holder))
  const afterwards = await look()
  assert.equal(afterwards.holder, null)
  assert.deepEqual(afterwards.actions.deploy, { allowed: true, reason: null })
})

test('each slot shows its last minute of traffic, and how many come a second now', async () => {
  const requests = { primary: [600, 124], secondary: [14, 0], none: [3, 1] } as const
  const last = (by: keyof typeof requests, seconds: number) =>
    traffic({ requests: requests[by][seconds === 60 ? 0 : 1], seconds })
  const seen = await look(bareTrafficLog({ last, unreadableLines: () => 2 }))
  const shown = [seen.slots.primary.traffic, seen.slots.secondary.traffic, seen.traffic?.byNginx]
  assert.deepEqual(
    shown.map((counts) => [counts?.seconds, counts?.requests, counts?.perSecond]),
    [
      [60, 600, 12.4],
      [60, 14, 0],
      [60, 3, 0.1],
    ],
  )
  assert.equal(seen.traffic?.unreadableLines, 2)
  assert.deepEqual(systemStatusSchema.parse(seen), seen)
})

test('a log that can not be read is said, and old numbers are not shown', async () => {
  const problem = "The access log of nginx can't be read: it is not a file."
  const seen = await look(bareTrafficLog({ problem: () => problem }))
  assert.equal(seen.slots.primary.traffic, null)
  assert.deepEqual(seen.traffic, { byNginx: null, unreadableLines: 0, problem })
})

test('the status of a director that counts no traffic can still be read', async () => {
  const { traffic: _traffic, slots, ...others } = await look()
  const slotsBefore = Object.fromEntries(
    Object.entries(slots).map(([name, { traffic: _of, ...slot }]) => [name, slot]),
  )
  const read = systemStatusSchema.parse({ ...others, slots: slotsBefore })
  assert.deepEqual([read.traffic, read.slots.primary.traffic], [null, null])
})

test('a slot shows nothing of what it answered before its release was started', async () => {
  const { id } = journal.create({
    ...{ verb: 'deploy', source: { kind: 'tree' }, slot: 'secondary', from: 'primary', build: null },
    ...{ replaces: null, label: null, note: null, actor: { kind: 'host', name: 'ada' } },
    steps: [step('start', 'Start the build in secondary', 'waiting')],
  })
  const { steps } = journal.append(id, { type: 'step-started', name: 'start' })
  const startedAt = steps.find(({ name }) => name === 'start')?.startedAt
  const payload = (slot: Slot) => ({
    ...{ status: 'operational' as const, timestamp: new Date().toISOString(), version: '1.5.0', slot },
    ...{
      release: slot === 'secondary' ? id : 7,
      deploymentId: null,
      uptimeSeconds: 1,
      inFlight: 0,
      checks: {},
    },
  })
  const probe = async (slot: Slot) => ({ payload: payload(slot), latencyMs: 3, httpStatus: 200 })
  const asked: Partial<Record<AnsweredBy, number>> = {}
  const last = (by: AnsweredBy, _seconds: number, fromMs = 0) => {
    asked[by] = fromMs
    return traffic({ requests: 3, seconds: 4 })
  }
  const seen = await look(bareTrafficLog({ last }), { ...parts.health, probe })
  assert.deepEqual(asked, { primary: 0, secondary: Date.parse(startedAt ?? ''), none: 0 })
  assert.equal(seen.slots.secondary.traffic?.perSecond, 3 / 4)
})
