import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SlotView, SystemStatus } from '../../director/protocol.ts'
import type { Slot } from '../../release/slot.ts'
import { liveTrouble } from './live-trouble.ts'

const slot = (name: Slot, state: SlotView['health']['state']): SlotView => ({
  slot: name,
  role: 'live',
  container: null,
  health: { state, latencyMs: null, checkedAt: '2026-01-01T00:00:00.000Z', problem: null },
  version: null,
  release: null,
  deploymentId: null,
  uptimeSeconds: null,
  inFlight: null,
  inFlightByKind: null,
  traffic: null,
  cpu: null,
  memory: null,
  barred: null,
  address: 'http://127.0.0.1:8001',
})

function troubleWhere(
  state: SlotView['health']['state'],
  standby: SystemStatus['standby'],
  failOver: string | null = null,
) {
  const slots = { primary: slot('primary', state), secondary: slot('secondary', 'operational') }
  return liveTrouble({
    routing: { live: 'primary', generation: 4, nginxAnswers: true, problem: null },
    slots,
    standby,
    failOver,
  })
}

const STANDBY = {
  image: 'app:1',
  deploymentId: null,
  version: '1.4.1',
  revision: null,
  hasConsole: true,
  madeBy: 1,
}

test('a live slot that does not answer is said loudly, with the way out', () => {
  assert.deepEqual(troubleWhere('unreachable', STANDBY), {
    sentence:
      'primary is live and does not answer: visitors may get errors. 1.4.1 stands by on secondary: roll back to bring it to visitors.',
    isGrave: true,
  })
  assert.deepEqual(troubleWhere('absent', null), {
    sentence: 'primary is live and does not run: visitors may get errors. Nothing stands by on secondary.',
    isGrave: true,
  })
})

test('a live slot that is not well is a warning, and one that is well is nothing', () => {
  assert.deepEqual(troubleWhere('degraded', null), {
    sentence: 'primary is live and says that it is degraded. Nothing stands by on secondary.',
    isGrave: false,
  })
  assert.equal(troubleWhere('operational', STANDBY), null)
})

test('what the director does about it is said instead', () => {
  const sentence =
    'primary is live and does not answer. secondary is healthy: the director moves the traffic there.'
  assert.deepEqual(troubleWhere('unreachable', STANDBY, sentence), { sentence, isGrave: true })
})
