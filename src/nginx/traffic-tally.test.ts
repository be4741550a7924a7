import assert from 'node:assert/strict'
import { test } from 'node:test'
import { busyLine } from '../../test/fixtures/traffic-lines.ts'
import { type LoggedRequest, parseTrafficLine } from './traffic-line.ts'
import { trafficTally } from './traffic-tally.ts'

/** A whole second, so that offsets read as they are. */
const NOW = 1_764_000_000_000

const request = (secondsAgo: number, changes: Partial<LoggedRequest> = {}): LoggedRequest => ({
  atMs: NOW - secondsAgo * 1_000,
  isVisit: true,
  status: 200,
  tookMs: 10,
  bytes: 100,
  by: 'primary',
  why: 'live',
  isStream: false,
  tab: null,
  ...changes,
})

function tallyOf(...requests: LoggedRequest[]) {
  const tally = trafficTally()
  for (const one of requests) tally.add(one, NOW)
  return tally
}

test('everything is counted by the slot that answered', () => {
  const tally = tallyOf(
    request(10),
    request(10, { status: 304, bytes: 0, tookMs: 30 }),
    request(11, { status: 404, why: 'share', tookMs: 20 }),
    request(12, { status: 502, why: 'preview', tookMs: 400 }),
    request(12, { status: 101, isStream: true, tookMs: 3_600_000 }),
    request(13, { why: 'pin', tab: 'live' }),
    request(13, { tab: 'gone' }),
    request(13, { by: 'secondary', why: 'pin', tab: 'old', bytes: 7 }),
    request(13, { by: 'none', status: 503, why: null, bytes: 1 }),
  )
  assert.deepEqual(tally.last('primary', 60, NOW), {
    seconds: 60,
    requests: 7,
    statuses: { '1xx': 1, '2xx': 3, '3xx': 1, '4xx': 1, '5xx': 1 },
    bytes: 600,
    why: { live: 4, share: 1, pin: 1, preview: 1 },
    streams: 1,
    fromOldTabs: 0,
    fromGoneBuilds: 1,
    latencyMs: { p50: 10, p95: 407, p99: 407 },
  })
  const { requests, bytes, fromOldTabs } = tally.last('secondary', 60, NOW)
  assert.deepEqual({ requests, bytes, fromOldTabs }, { requests: 1, bytes: 7, fromOldTabs: 1 })
  const none = tally.last('none', 60, NOW)
  assert.deepEqual([none.requests, none.statuses['5xx'], none.why.live], [1, 1, 0])
})

test('what the console asked is no traffic of its slot, nor a failure', () => {
  const tally = tallyOf(request(10), request(10, { isVisit: false, status: 503 }))
  const { requests, statuses } = tally.last('primary', 60, NOW)
  assert.deepEqual([requests, statuses['2xx'], statuses['5xx']], [1, 1, 0])
})

test('without requests there are noughts and no latency', () => {
  const { requests, latencyMs } = trafficTally().last('primary', 60, NOW)
  assert.deepEqual({ requests, latencyMs }, { requests: 0, latencyMs: null })
})

test('the last seconds are whole ones whose lines have been written', () => {
  const ages = [0.5, 1.5, 2, 2.5, 3, 11.999, 12, 12.001, 62, 62.5]
  const tally = tallyOf(...ages.map((age) => request(age)))
  assert.equal(tally.last('primary', 10, NOW).requests, 4, 'from 12 to 2 seconds ago')
  assert.equal(tally.last('primary', 60, NOW).requests, 6, 'from 62 to 2 seconds ago')
  assert.equal(tally.last('primary', 60, NOW + 1_000).requests, 7, 'one second later two came and one went')
  assert.equal(tally.last('primary', 60, NOW + 999).requests, 6, 'within a second nothing changes')
})

test('of the last seconds, those up to a moment are left out', () => {
  const tally = tallyOf(...[3, 4, 9.5, 10, 10.5, 30].map((age) => request(age)))
  const last = (fromMs: number) => {
    const { seconds, requests } = tally.last('primary', 60, NOW, fromMs)
    return [seconds, requests]
  }
  assert.deepEqual(last(0), [60, 6])
  assert.deepEqual(last(NOW - 10_500), [8, 4], 'what ended in the same second may be of before')
  assert.deepEqual(last(NOW - 62_000), [59, 6])
  assert.deepEqual(last(NOW - 1_000), [0, 0], 'nothing is known of it yet')
})

test('since a moment, everything of its second and after is there', () => {
  const tally = tallyOf(...[0, 1, 29.5, 30, 30.5, 31, 31.5, 250].map((age) => request(age)))
  const since = tally.since('primary', NOW - 30_000, NOW)
  assert.deepEqual([since.requests, since.seconds], [4, 30])
  assert.equal(tally.since('primary', NOW - 30_500, NOW).requests, 6)
  const longAgo = tally.since('primary', 0, NOW)
  assert.deepEqual([longAgo.requests, longAgo.seconds], [8, 299])
})

test('what is five minutes old goes, and its place is used again', () => {
  const tally = tallyOf(request(0))
  for (const later of [299, 300, 305, 610]) {
    const nowMs = NOW + later * 1_000
    assert.equal(tally.since('primary', NOW, nowMs).requests, later < 300 ? 1 : 0, `${later} s later`)
  }
  tally.add(request(-305), NOW + 305_000)
  assert.equal(tally.since('primary', 0, NOW + 305_000).requests, 1)
})

test('a line that is too old, or of a time to come, does not count', () => {
  const tally = tallyOf(request(300), request(100_000), request(-6), request(-100_000))
  assert.equal(tally.since('primary', 0, NOW).requests, 0)
  tally.add(request(299), NOW)
  tally.add(request(-5), NOW)
  assert.equal(tally.since('primary', 0, NOW).requests, 2)
})

test('a clock that was set back goes on counting', () => {
  const tally = tallyOf(request(0), request(1))
  const backMs = NOW - 3_600_000
  tally.add(request(3_600), backMs)
  assert.equal(tally.since('primary', 0, backMs).requests, 1)
})

test('a minute at 1,000 requests a second is read and counted in less than 2 % of it', () => {
  const startSecond = NOW / 1_000
  const lines = Array.from({ length: 60_000 }, (_, n) => busyLine(n, startSecond + n / 1_000))
  const before = process.cpuUsage()
  const tally = trafficTally()
  for (const line of lines) {
    const one = parseTrafficLine(line)
    if (one) tally.add(one, NOW + 60_000)
  }
  for (let second = 0; second < 60; second++) {
    for (const by of ['primary', 'secondary'] as const) tally.last(by, 60, NOW + 60_000)
  }
  const { user, system } = process.cpuUsage(before)
  const cpuMs = (user + system) / 1_000
  console.log(`60,000 lines took ${cpuMs.toFixed(0)} ms of a core`)
  assert.equal(tally.since('primary', 0, NOW + 60_000).requests, 54_000)
  assert.equal(tally.since('secondary', 0, NOW + 60_000).fromOldTabs, 6_000)
  assert.ok(cpuMs < 1_200, `60,000 lines took ${cpuMs} ms of a core`)
})
