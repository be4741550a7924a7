import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, cpuMeter, inFlightText, memoryMeter } from './slot-tile.ts'

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

test('what is in flight is told by kind, where the slot tells', () => {
  const kinds = (request: number, upload: number, stream: number) => ({
    inFlight: request + upload,
    inFlightByKind: { request, upload, stream },
  })
  assert.equal(inFlightText({ inFlight: null, inFlightByKind: null }), '–')
  assert.equal(inFlightText({ inFlight: 3, inFlightByKind: null }), '3')
  assert.equal(inFlightText(kinds(2, 0, 0)), '2')
  assert.equal(inFlightText(kinds(2, 1, 12)), '2 + 1 upload + 12 streams')
})
