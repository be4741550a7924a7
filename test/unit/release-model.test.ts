import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkModel } from '../model/check-model.ts'

const RUNS = 2_000

test('whatever is done, goes wrong and is killed in whatever order, releases keep their rules', async (context) => {
  const { isGood, words } = await checkModel({ runs: RUNS, seed: Date.now() % 1_000_000 })
  context.diagnostic(words)
  assert.ok(isGood, words)
})
