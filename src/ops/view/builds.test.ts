import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PruneView } from '../../release/prune-view.ts'
import { nothingToPrune, prunedSentence, whatGoes } from './builds.ts'

const stored = (bytes: number): PruneView['gone'][number] => ({
  ...{ image: 'shop:1', deploymentId: 'b1', version: '1.0.0', release: 1, lastLiveAt: null },
  ...{ bytes, why: 'It is old.' },
})

test('what goes is counted, and what is freed is added up', () => {
  const MIB = 1024 ** 2
  for (const [gone, logs, sentence] of [
    [[], [], 'There was nothing to remove.'],
    [[stored(MIB)], [], '1 build removed, up to 1 MiB freed.'],
    [[stored(MIB), stored(2 * MIB)], [4], '2 builds and 1 log removed, up to 3 MiB freed.'],
    [[], [4, 5], '2 logs removed, up to 0 B freed.'],
  ] as const) {
    assert.equal(prunedSentence({ gone: [...gone], logs: [...logs] }), sentence)
  }
})

test('pruning is off where nothing goes', () => {
  assert.equal(nothingToPrune({ gone: [], logs: [] }), 'Nothing is to go now.')
  assert.equal(nothingToPrune({ gone: [stored(1)], logs: [] }), null)
  assert.equal(whatGoes({ gone: [], logs: [1] }), '1 log')
})
