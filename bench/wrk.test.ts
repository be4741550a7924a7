import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWrk } from './wrk.ts'

const OUTPUT = `Running 4s test @ http://172.30.70.2:8080/
  2 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.86ms    1.02ms  24.35ms   78.47%
    Req/Sec     5.66k   512.81     6.72k    70.00%
  Latency Distribution
     50%    2.71ms
     99%    6.10ms
  45107 requests in 4.00s, 52.90MB read
Requests/sec:  11270.52
Transfer/sec:     13.22MB
`

test('rate and tail are read from what wrk prints', () => {
  assert.deepEqual(parseWrk(OUTPUT), { requestsPerSecond: 11_270.52, p99Ms: 6.1, failed: 0 })
})

test('microseconds, refused answers and broken connections are read too', () => {
  const output = OUTPUT.replace('99%    6.10ms', '99%  640.00us').replace(
    'Requests/sec',
    '  Socket errors: connect 0, read 3, write 0, timeout 1\n  Non-2xx or 3xx responses: 12\nRequests/sec',
  )
  assert.deepEqual(parseWrk(output), { requestsPerSecond: 11_270.52, p99Ms: 0.64, failed: 16 })
})

test('other output is refused with its words', () => {
  assert.throws(() => parseWrk('unable to connect to 172.30.70.2:8080'), {
    message: 'wrk said nothing that could be read: unable to connect to 172.30.70.2:8080',
  })
})
