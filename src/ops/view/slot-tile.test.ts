import assert from 'node:assert/strict'
import { test } from 'node:test'
import { traffic } from '../../../test/fixtures/traffic-counts.ts'
import { conditionOf, cpuMeter, memoryMeter, trafficNotes, trafficView } from './slot-tile.ts'

const health = (state: 'absent' | 'operational' | 'unreachable') => ({
  state,
  latencyMs: null,
  checkedAt: '2026-01-01T00:00:00.000Z',
  problem: null,
})

test('an absent slot is quiet, unless visitors should get it', () => {
  assert.deepEqual(conditionOf({ role: 'idle', health: health('absent') }), {
    word: 'Not running',
    tone: 'quiet',
  })
  assert.deepEqual(conditionOf({ role: 'live', health: health('absent') }), {
    word: 'Not running',
    tone: 'bad',
  })
  assert.deepEqual(conditionOf({ role: 'standby', health: health('unreachable') }), {
    word: 'Not answering',
    tone: 'bad',
  })
})

test('use is shown against its limit', () => {
  assert.deepEqual(cpuMeter({ cores: 0.25, limitCores: 1 }), {
    text: '0.25 of 1 core',
    fraction: 0.25,
    isHigh: false,
  })
  assert.deepEqual(cpuMeter({ cores: 3, limitCores: 2 }), {
    text: '3.00 of 2 cores',
    fraction: 1,
    isHigh: true,
  })
  assert.deepEqual(cpuMeter({ cores: 0.5, limitCores: null }), {
    text: '0.50 cores',
    fraction: null,
    isHigh: false,
  })
  assert.deepEqual(memoryMeter({ usedBytes: 460 * 1_048_576, limitBytes: 512 * 1_048_576 }), {
    text: '460 MiB of 512 MiB',
    fraction: 460 / 512,
    isHigh: true,
  })
  assert.equal(memoryMeter(null), null)
})

test('traffic is its rate, its latencies and what they stand on', () => {
  const busy = traffic({
    ...{ requests: 1_600, perSecond: 12.4, bytes: 4 * 1_048_576, streams: 2 },
    statuses: { '1xx': 1, '2xx': 1_580, '3xx': 0, '4xx': 14, '5xx': 5 },
    why: { live: 1_420, share: 0, pin: 180, preview: 0 },
    latencyMs: { p50: 12, p95: 80, p99: 1_240 },
  })
  assert.deepEqual(trafficView(busy), {
    kind: 'some',
    facts: [
      ['Requests', '12/s'],
      ['p50', '12 ms'],
      ['p95', '80 ms'],
      ['p99', '1.2 s'],
    ],
    detail:
      '1,600 in the last minute · 1xx_1, 2xx_1,580, 4xx_14, 5xx_5 · live_1,420, pin_180 · 2 streams · 4 MiB'.replaceAll(
        '_',
        '\u00a0',
      ),
  })
})

test('streams alone have no latency', () => {
  const view = trafficView(traffic({ requests: 1, streams: 1, perSecond: 0.1, latencyMs: null }))
  assert.deepEqual(view.kind === 'some' && view.facts, [
    ['Requests', '0.1/s'],
    ['p50', '–'],
    ['p95', '–'],
    ['p99', '–'],
  ])
})

test('no traffic is told from traffic that is not known', () => {
  assert.deepEqual(trafficView(traffic()), { kind: 'none', text: 'No visitors in the last minute.' })
  assert.deepEqual(trafficView(null), { kind: 'none', text: 'Traffic is not known.' })
})

test('failures are loud, and open tabs of the build that stands by are counted', () => {
  const standby = { role: 'standby', deploymentId: 'b7-1a2b3c4' } as const
  assert.deepEqual(
    trafficNotes({ ...standby, traffic: traffic({ requests: 20, failed: 6, fromOldTabs: 14 }) }),
    [
      { sentence: '6 of 20 requests in the last minute failed.', tone: 'bad' },
      { sentence: '14 requests in the last minute came from tabs of b7-1a2b3c4.', tone: 'quiet' },
    ],
  )
  assert.deepEqual(trafficNotes({ ...standby, traffic: null }), [])
})
