import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bareParts, bareTraffic } from '../../test/fixtures/bare-parts.ts'
import { openJournal } from '../state/journal.ts'
import { takeLock } from '../state/lock.ts'
import { releaseLogs } from '../state/release-log.ts'
import { releaseChanges } from './changes.ts'
import { previewPlan } from './preview.ts'
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
const look = () =>
  lookAround({
    parts,
    releases: verbs,
    unsettled: null,
    lockPath,
    identity: { project: 'shop', version: '1.0.0', startedAt: new Date().toISOString() },
    addressOf: () => 'http://127.0.0.1:8001',
    usageOf: async () => null,
    dockerVersion: async () => '20.10.24',
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
  const plan = await previewPlan(parts, { verb: 'deploy', request }, during, AbortSignal.timeout(1_000))
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
