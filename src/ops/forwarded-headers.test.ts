import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardedHeaders } from './forwarded-headers.ts'

test('only what the director needs of a request is passed on', () => {
  const incoming = new Headers({
    host: 'app.example',
    cookie: 'theme=dark; switchyard.session_token=1; __Secure-switchyard.session_token=2; notswitchyard.x=3',
    origin: 'https://app.example',
    'content-type': 'application/json',
    'last-event-id': '812',
    'user-agent': 'Firefox',
    'x-forwarded-host': 'app.example',
    'x-forwarded-proto': 'https',
    'x-real-ip': '203.0.113.9',
    'x-switchyard-user': 'root',
    authorization: 'Bearer secret',
    'x-forwarded-for': '203.0.113.9',
    'accept-encoding': 'gzip',
  })
  assert.deepEqual(forwardedHeaders(incoming), {
    'content-type': 'application/json',
    cookie: 'switchyard.session_token=1; __Secure-switchyard.session_token=2',
    'last-event-id': '812',
    origin: 'https://app.example',
    'user-agent': 'Firefox',
    'x-forwarded-host': 'app.example',
    'x-forwarded-proto': 'https',
    'x-real-ip': '203.0.113.9',
  })
})

test("on a slot's own port the host of the request stands in for nginx's header", () => {
  assert.deepEqual(forwardedHeaders(new Headers({ host: '127.0.0.1:8001' })), {
    'x-forwarded-host': '127.0.0.1:8001',
    'x-forwarded-proto': 'http',
  })
})

test('headers of 64 KiB leave what the director takes', () => {
  const session = 'switchyard.session_token=1'
  const incoming = new Headers({
    cookie: `a=${'a'.repeat(60_000)}; ${session}; ${'switchyard.x=1; '.repeat(1_000)}`,
    'user-agent': 'u'.repeat(60_000),
  })
  const forwarded = forwardedHeaders(incoming)
  assert.match(forwarded.cookie ?? '', /^switchyard\.session_token=1; /)
  assert.ok(JSON.stringify(forwarded).length < 2_000)
})
