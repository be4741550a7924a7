import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barOf, build, systemStatus } from '../../../test/fixtures/scripted-director.ts'
import type { SlotView, SystemStatus } from '../../director/protocol.ts'
import type { BarOutcome } from '../../release/bar.ts'
import { stillHolds } from './bars.ts'

const OLD = build('1.3.0', 10)
const { deploymentId, version } = { ...OLD, deploymentId: 'b10-1a2b3c4' }
const bar = barOf(OLD)

/** 1.4.0 live in primary, 1.3.0 in secondary, where that is `held`. */
function statusWith(held: Partial<SlotView>, changes: Partial<SystemStatus> = {}): SystemStatus {
  const status = systemStatus(changes)
  const secondary = { ...status.slots.secondary, deploymentId, ...held }
  return { ...status, slots: { ...status.slots, secondary } }
}

const barred = statusWith({ role: 'idle', barred: bar }, { barred: [bar] })
const outcomeOf = (changes: Partial<BarOutcome>): BarOutcome => ({
  ...{ deploymentId, version, bar, isChange: true, slot: 'secondary', isInReach: false },
  ...{ live: '1.4.0', tookMs: 30 },
  ...changes,
})

test('that a build is barred holds until it is unbarred, its tabs get another build, or its slot is used anew', () => {
  const outcome = outcomeOf({})
  assert.equal(stillHolds(outcome, barred), true)
  assert.equal(stillHolds(outcome, statusWith({})), false)
  assert.equal(stillHolds(outcome, { ...barred, live: build('1.5.0') }), false)
  const reused = statusWith({ deploymentId: 'b12-1a2b3c4' }, { barred: [bar] })
  assert.equal(stillHolds(outcome, reused), false)
})

test('that a build may be used again holds until it is barred, or stands by no more', () => {
  const outcome = outcomeOf({ bar: null, isInReach: true })
  assert.equal(stillHolds(outcome, statusWith({})), true)
  assert.equal(stillHolds(outcome, barred), false)
  assert.equal(stillHolds(outcome, statusWith({ role: 'idle' })), false)
  const outOfReach = outcomeOf({ bar: null })
  assert.equal(stillHolds(outOfReach, statusWith({ role: 'idle' })), true)
  assert.equal(stillHolds(outOfReach, statusWith({ role: 'idle' }, { live: build('1.5.0') })), false)
})

test('a build that runs in no slot is barred, or not, whatever is live', () => {
  const elsewhere = { deploymentId: 'b12-1a2b3c4' }
  const outcome = outcomeOf({ slot: null })
  const changes = { barred: [bar], live: build('1.5.0') }
  assert.equal(stillHolds(outcome, statusWith(elsewhere, changes)), true)
  assert.equal(stillHolds(outcomeOf({ slot: null, bar: null }), statusWith(elsewhere, changes)), false)
  assert.equal(stillHolds(outcomeOf({ slot: null, bar: null }), statusWith(elsewhere)), true)
})
