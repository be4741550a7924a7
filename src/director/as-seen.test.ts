import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asReleaseError } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import { mustBeUnderWay, mustStillBeLive } from './as-seen.ts'
import { abortRequestSchema, rollbackRequestSchema } from './protocol.ts'

function refusalOf(check: () => void): string | null {
  try {
    check()
    return null
  } catch (error) {
    return describeError(asReleaseError(error), '').what
  }
}

test('a rollback is refused once another release is live than the one that was seen', () => {
  assert.equal(
    refusalOf(() => mustStillBeLive({ from: 5 }, 6)),
    'Release 6 is live by now, not release 5, so this rollback was not begun.',
  )
  assert.equal(
    refusalOf(() => mustStillBeLive({ from: 5 }, 5)),
    null,
  )
  assert.equal(
    refusalOf(() => mustStillBeLive({}, 6)),
    null,
  )
})

test('an abort is refused once another release is under way than the one that was seen', () => {
  assert.equal(
    refusalOf(() => mustBeUnderWay({ release: 5 }, 6)),
    'Release 5 is not under way any more; release 6 is, and goes on.',
  )
  assert.equal(
    refusalOf(() => mustBeUnderWay({ release: 6 }, 6)),
    null,
  )
  assert.equal(
    refusalOf(() => mustBeUnderWay({}, 6)),
    null,
  )
})

test('what was seen may be left out, and is a number where it is not', () => {
  for (const schema of [rollbackRequestSchema, abortRequestSchema]) {
    assert.deepEqual(schema.parse({}), {})
    assert.equal(schema.safeParse({ from: 'b5' }).success, false)
    assert.equal(schema.safeParse({ release: 0 }).success, false)
  }
})
