import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inFlightText, inFlightWords, reconnectWords, waitedForWords } from './in-flight-words.ts'

const NOTHING = { request: 0, upload: 0, download: 0, background: 0, stream: 0, socket: 0 }

test('what is in flight is told by kind, and what is waited for apart from what is told to reconnect', () => {
  const one = { request: 1, upload: 1, download: 1, background: 1, stream: 1, socket: 1 }
  assert.equal(waitedForWords(one), '1 request, 1 upload, 1 download and 1 background task')
  assert.equal(reconnectWords(one), '1 event stream and 1 WebSocket')
  const some = { ...NOTHING, request: 2, background: 3, socket: 4 }
  assert.equal(waitedForWords(some), '2 requests and 3 background tasks')
  assert.equal(reconnectWords(some), '4 WebSockets')
  assert.equal(inFlightWords(some), '2 requests, 3 background tasks and 4 WebSockets')
  assert.equal(inFlightWords(NOTHING), '')
})

test('a tile tells the kinds where the slot does', () => {
  assert.equal(inFlightText({ inFlight: null, inFlightByKind: null }), '–')
  assert.equal(inFlightText({ inFlight: 3, inFlightByKind: null }), '3')
  assert.equal(inFlightText({ inFlight: 2, inFlightByKind: { ...NOTHING, request: 2 } }), '2')
  assert.equal(
    inFlightText({ inFlight: 3, inFlightByKind: { ...NOTHING, request: 2, upload: 1, stream: 12 } }),
    '2 + 1 upload + 12 streams',
  )
  assert.equal(
    inFlightText({ inFlight: 2, inFlightByKind: { ...NOTHING, background: 2, socket: 1 } }),
    '0 + 2 background tasks + 1 WebSocket',
  )
})
