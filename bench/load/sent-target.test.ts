import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Sent, sentTarget } from './sent-target.ts'

const meant: Sent = { requestsPerSecond: 500, slowRequests: 200, webSockets: 50, eventStreams: 50 }

test('the load that was meant was sent where nothing of it is missing', () => {
  assert.deepEqual(sentTarget('20 flips', meant, { ...meant, requestsPerSecond: 540.9 }, 0), {
    name: 'the load that was meant was sent in 20 flips',
    limit: '≥ 500 requests/s, 200 slow requests, 50 WebSockets, 50 event streams',
    seen: '540 requests/s, 200 slow requests, 50 WebSockets, 50 event streams',
    isMet: true,
    why: null,
  })
})

const LACKS: Partial<Sent>[] = [
  { requestsPerSecond: 499.9 },
  { slowRequests: 199 },
  { webSockets: 49 },
  { eventStreams: 49 },
]

for (const lack of LACKS) {
  test(`the load that was meant was not sent with ${JSON.stringify(lack)}`, () => {
    const { isMet, why } = sentTarget('20 flips', meant, { ...meant, ...lack }, 7)
    assert.equal(isMet, false)
    assert.match(why ?? '', /^7 requests were not sent, as too many were in flight\. The load average was /)
  })
}
