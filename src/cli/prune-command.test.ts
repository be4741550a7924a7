import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../../test/fixtures/command-line.ts'
import { scriptedDirector } from '../../test/fixtures/scripted-director.ts'
import type { PruneView } from '../release/prune-view.ts'

const stored = (number: number, why: string, bytes: number): PruneView['kept'][number] => ({
  ...{ image: `switchyard/shop:b${number}`, deploymentId: `b${number}`, version: `1.${number}.0` },
  ...{ release: number, lastLiveAt: null, bytes, why },
})

const VIEW: PruneView = {
  dryRun: true,
  kept: [stored(9, 'Visitors get it from primary.', 300 * 1024 ** 2)],
  gone: [stored(1, 'It has lost its name.', 1024 ** 2), stored(2, 'It is old.', 2 * 1024 ** 2)],
  logs: [1],
}

async function shown(view: PruneView, ...args: string[]) {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/prune', (context) => context.json(view))
  })
  return { ...(await cli(projectDir, 'prune', ...args)), sent: JSON.parse(seen[0]?.body ?? '') }
}

test('a dry run shows a table of what stays and what would go', async () => {
  const { exitCode, out, sent } = await shown(VIEW, '--dry-run')
  assert.equal(
    out,
    [
      '          version  build  release  last live  size     why',
      'stays     1.9.0    b9     9        never      300 MiB  Visitors get it from primary.',
      'would go  1.2.0    b2     2        never      2 MiB    It is old.',
      'would go  1.1.0    b1     1        never      1 MiB    It has lost its name.',
      '',
      '2 builds and 1 log would go, which frees up to 3 MiB: layers that are shared stay. Nothing has changed.',
      '',
    ].join('\n'),
  )
  assert.deepEqual([exitCode, sent], [0, { dryRun: true }])
})

test('what was removed is told, and so is that there was nothing', async () => {
  const done = await shown({ ...VIEW, dryRun: false })
  assert.match(
    done.out,
    /\ngone {3}1\.1\.0 .*\n\n2 builds and 1 log removed; up to 3 MiB freed, but for layers that are shared\.\n$/,
  )
  assert.deepEqual(done.sent, { dryRun: false })
  const none = await shown({ dryRun: false, kept: [], gone: [], logs: [] })
  assert.equal(none.out, 'No build is stored.\n\nThere was nothing to remove.\n')
})

test('with --json the view is the answer', async () => {
  const { out } = await shown(VIEW, '--dry-run', '--json')
  assert.deepEqual(JSON.parse(out), VIEW)
})

test('keep and unkeep say what holds from now on, and send the reason along', async () => {
  const actor = { kind: 'host', name: 'ada' } as const
  const mark = {
    deploymentId: 'b9',
    version: '1.9.0',
    reason: 'Old checkout.',
    actor,
    at: '2026-03-01T10:00:04.000Z',
  }
  const outcome = { deploymentId: 'b9', version: '1.9.0', mark, isChange: true }
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/keep', (context) => context.json(outcome))
    app.post('/v1/unkeep', (context) => context.json({ ...outcome, mark: null }))
  })
  const kept = await cli(projectDir, 'keep', 'b9', '--reason', 'Old checkout.')
  assert.equal(kept.out, '1.9.0 is kept: it is never pruned until `switchyard unkeep b9`.\n')
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { build: 'b9', reason: 'Old checkout.' })
  const unkept = await cli(projectDir, 'unkeep', 'b9')
  assert.equal(unkept.out, '1.9.0 is kept no more: it goes as any other build does.\n')
  const { out } = await cli(projectDir, 'unkeep', 'b9', '--json')
  assert.deepEqual(JSON.parse(out), { ...outcome, mark: null })
})
