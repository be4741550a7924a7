import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refreshedAtMost } from './refreshed.ts'

const LONG_MS = 60_000

/** Counts its looks and answers with the count once it is let go. */
function countedLook() {
  let looks = 0
  const pending: (() => void)[] = []
  return {
    look: () => {
      looks += 1
      const answer = looks
      return new Promise<number>((resolve) => pending.push(() => resolve(answer)))
    },
    letGo: () => pending.splice(0).map((end) => end()),
  }
}

test('all who ask during a look, and within its age, share its answer', async () => {
  const { look, letGo } = countedLook()
  const ask = refreshedAtMost(LONG_MS, look, () => 'same')
  const during = [ask(), ask()]
  letGo()
  assert.deepEqual(await Promise.all(during), [1, 1])
  assert.equal(await ask(), 1)
})

test('an answer of before a change is not given after it, also not while its look goes on', async () => {
  const { look, letGo } = countedLook()
  let version = 'before'
  const ask = refreshedAtMost(LONG_MS, look, () => version)
  const before = ask()
  version = 'after'
  const after = ask()
  letGo()
  assert.deepEqual(await Promise.all([before, after]), [1, 2])
  assert.equal(await ask(), 2)
})

test('a look that failed is made again', async () => {
  let looks = 0
  const ask = refreshedAtMost(
    LONG_MS,
    async () => {
      looks += 1
      if (looks === 1) throw new Error('no answer')
      return looks
    },
    () => 'same',
  )
  await assert.rejects(ask(), { message: 'no answer' })
  assert.equal(await ask(), 2)
})
