import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings } from '../config/settings.ts'
import { renderLimits } from '../nginx/limits.ts'
import { limitsOf } from './limits.ts'

function rendered(given: Record<string, string>): string {
  const result = readSettings(new Map(Object.entries(given)), {})
  assert.ok(result.ok)
  return renderLimits(limitsOf(result.settings))
}

test('what nobody set is what stands in nginx/proxy.conf', () => {
  assert.equal(
    rendered({}),
    `client_max_body_size 10485760;
large_client_header_buffers 2 69632;
proxy_buffer_size 69632;
proxy_buffers 8 16384;
proxy_busy_buffers_size 69632;
proxy_read_timeout 120s;
set $answer_room 69632;
set $hsts_seconds "";
`,
  )
})

test('settings become nginx’s limits, with room for all that one needs of another', () => {
  assert.equal(
    rendered({ MAX_BODY: '1m', MAX_HEADERS: '128k', READ_TIMEOUT: '5m', HSTS_SECONDS: '86400' }),
    `client_max_body_size 1048576;
large_client_header_buffers 2 135168;
proxy_buffer_size 135168;
proxy_buffers 11 16384;
proxy_busy_buffers_size 135168;
proxy_read_timeout 300s;
set $answer_room 135168;
set $hsts_seconds "86400";
`,
  )
})

test('nothing but whole numbers gets into a configuration', () => {
  const limits = { maxBodyBytes: 1, maxHeadersBytes: 8_192, readTimeoutSeconds: 1, hstsSeconds: 0 }
  for (const wrong of [{ maxBodyBytes: 1.5 }, { readTimeoutSeconds: Number.NaN }, { hstsSeconds: -1 }]) {
    assert.throws(() => renderLimits({ ...limits, ...wrong }))
  }
})
