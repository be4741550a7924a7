import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LineFields, trafficLine } from '../../test/fixtures/traffic-lines.ts'
import { type LoggedRequest, parseTrafficLine } from './traffic-line.ts'

test('a line says when, how long, how much, and who answered', () => {
  const fields = { t: 1_764_000_000.123, status: 206, took: 0.042, bytes: 517 }
  assert.deepEqual(parseTrafficLine(trafficLine(fields)), {
    atMs: 1_764_000_000_123,
    ...{ status: 206, tookMs: 42, bytes: 517, by: 'primary', why: 'live', isStream: false, tab: null },
    isVisit: true,
  })
})

test("the console's pages and polls are no visits", () => {
  const isVisit = (asked: string) => parseTrafficLine(trafficLine({ asked }))?.isVisit
  for (const asked of ['/ops', '/ops/releases/12', '/api/ops/status', '/api/ops']) {
    assert.equal(isVisit(asked), false, asked)
  }
  for (const asked of ['/', '/opsis', '/api/opsis', '/api/orders', '/shop/ops', '/OPS', '']) {
    assert.equal(isVisit(asked), true, asked)
  }
})

const ANSWERED: [string, Partial<LineFields>, LoggedRequest['by']][] = [
  ['the slot that answered', { served: 'secondary' }, 'secondary'],
  ['the slot that could not be reached', { served: 'primary', status: 502 }, 'primary'],
  ['the slot that nginx never asked because of an error of its own', { served: '', status: 500 }, 'primary'],
  ['nobody, for a file from disk', { served: '', status: 200 }, 'none'],
  ['nobody, for a refusal of nginx', { served: '', status: 429 }, 'none'],
  ['nobody, while nothing is live', { served: '', routed: '', live: '', status: 503 }, 'none'],
  ['nobody, for a request that nginx did not understand', { ...blank(), status: 400 }, 'none'],
]

for (const [name, fields, by] of ANSWERED) {
  test(`a request counts for ${name}`, () => {
    assert.equal(parseTrafficLine(trafficLine(fields))?.by, by)
  })
}

const tookMs = (fields: Partial<LineFields>) =>
  parseTrafficLine(trafficLine({ took: 120, ...fields }))?.tookMs

test('how long it took is how long the slot that answered took to begin its answer', () => {
  assert.equal(tookMs({ headTook: '0.025', upstreamTook: '9.000' }), 25)
  assert.equal(tookMs({ headTook: '-, 0.010', upstreamTook: '3.001, 9.000' }), 10)
  assert.equal(tookMs({ headTook: '0.004 : 0.030', upstreamTook: '0.004 : 9.000' }), 30)
})

test('a slot that gave no answer took until it was given up', () => {
  assert.equal(tookMs({ headTook: '-', upstreamTook: '3.001' }), 3_001)
  assert.equal(tookMs({ headTook: '0.004, -', upstreamTook: '0.004, 3.001' }), 3_001)
})

test('where no slot was asked, it took until it was sent', () => {
  for (const none of ['', '-', '0.010, -'])
    assert.equal(tookMs({ headTook: none, upstreamTook: none }), 120_000)
})

test('a line of before the log said when an answer began counts by its end', () => {
  const line = trafficLine({ headTook: '0.010', upstreamTook: '0.025' }).replace('"headTook":"0.010",', '')
  assert.equal(parseTrafficLine(line)?.tookMs, 25)
})

const PINNED = { why: 'pin', routed: 'secondary', served: 'secondary' } as const

const TABS: [string, Partial<LineFields>, LoggedRequest['tab']][] = [
  ['says no build', {}, null],
  ['is of the live build', { ...PINNED, build: 'b2-b', live: 'secondary' }, 'live'],
  ['is of the build that stands by', { ...PINNED, build: 'b2-b', live: 'primary' }, 'old'],
  ['is of a build that no slot runs', { build: 'b0-0' }, 'gone'],
  ['is of a build that no slot runs, and belongs to a share', { build: 'b0-0', why: 'share' }, 'gone'],
  ['is of a build whose slot could not be reached', { ...PINNED, build: 'b2-b', served: 'primary' }, 'gone'],
  ['got a file from disk', { ...PINNED, build: 'b2-b', served: '' }, null],
]

for (const [name, fields, tab] of TABS) {
  test(`a request that ${name} is told from the others`, () => {
    assert.equal(parseTrafficLine(trafficLine(fields))?.tab, tab)
  })
}

test('a stream is told from what is answered at once', () => {
  assert.equal(parseTrafficLine(trafficLine({ stream: '1', status: 101 }))?.isStream, true)
})

test('a line of before the log named builds still counts', () => {
  const line = trafficLine().replace('"live":"primary","build":"","stream":"",', '')
  assert.deepEqual(parseTrafficLine(line), parseTrafficLine(line.trimEnd()))
  assert.equal(parseTrafficLine(line)?.by, 'primary')
})

for (const line of [
  '',
  'null',
  '[]',
  'GET / HTTP/1.1',
  trafficLine().slice(0, 80),
  trafficLine().slice(80),
  trafficLine({ routed: 'tertiary' }),
  trafficLine({ why: 'whim' }),
  trafficLine({ status: 9 }),
  trafficLine().replace('"status":200', '"status":000'),
]) {
  test(`a line is nonsense: ${line.slice(0, 20)}…${line.length} characters`, () => {
    assert.equal(parseTrafficLine(line), null)
  })
}

function blank(): Partial<LineFields> {
  return { routed: '', served: '', live: '', why: '', took: 0 }
}
