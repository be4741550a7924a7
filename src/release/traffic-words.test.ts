import assert from 'node:assert/strict'
import { test } from 'node:test'
import { traffic } from '../../test/fixtures/traffic-counts.ts'
import { trafficNews } from './traffic-words.ts'

const standby = { role: 'standby', deploymentId: 'b7-1a2b3c4' } as const
const live = { role: 'live', deploymentId: 'b8-5d6e7f8' } as const
const sentences = (...given: Parameters<typeof trafficNews>) =>
  trafficNews(...given).map(({ sentence }) => sentence)

test('without failures and old tabs there is nothing to say', () => {
  assert.deepEqual(trafficNews(traffic({ requests: 600 }), live), [])
})

test('failures are said against all requests', () => {
  const failures = (requests: number, failed: number) => sentences(traffic({ requests, failed }), live)
  assert.deepEqual(failures(600, 12), ['12 of 600 requests in the last minute failed.'])
  assert.deepEqual(failures(123_456, 1_200), ['1,200 of 123,456 requests in the last minute failed.'])
  assert.deepEqual(failures(1, 1), ['1 of 1 request in the last minute failed.'])
})

test('a slot that is not live says how much still comes from tabs of its build', () => {
  const counts = traffic({ requests: 14, fromOldTabs: 14 })
  assert.deepEqual(sentences(counts, standby), [
    '14 requests in the last minute came from tabs of b7-1a2b3c4.',
  ])
  assert.deepEqual(sentences(traffic({ requests: 1, fromOldTabs: 1 }), { ...standby, deploymentId: null }), [
    '1 request in the last minute came from tabs of its build.',
  ])
  assert.deepEqual(sentences(counts, live), [])
})

test('tabs of builds that are gone are counted where they come', () => {
  assert.deepEqual(sentences(traffic({ requests: 5, fromGoneBuilds: 3 }), live), [
    '3 requests in the last minute came from tabs of builds that are not reached any more.',
  ])
})
