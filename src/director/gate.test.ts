import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { asReleaseError } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import { slotsGate } from './gate.ts'
import { followers } from './intake/followers.ts'

const NEVER = new AbortController().signal
const gate = slotsGate(
  {
    sessionOf: async () => ({
      id: 's1',
      operator: { name: 'Ada' },
      ending: NEVER,
      follow: () => () => undefined,
    }),
  },
  followers(),
)
const app = new Hono()
app.all('*', async (context) => context.text((await gate.actorOf(context)).name))
app.onError((error, context) => context.text(describeError(asReleaseError(error), '').what, 403))

const ask = async (headers: Record<string, string>, method = 'POST') =>
  (await app.request('/v1/deploy', { method, headers })).text()

test('a change is taken from a page of this site, however the host is spelt', async () => {
  for (const host of ['shop.example.org', 'Shop.Example.ORG', 'shop.example.org:443']) {
    const headers = {
      ...{ origin: 'https://shop.example.org', 'x-forwarded-host': host },
      'x-forwarded-proto': 'https',
    }
    assert.equal(await ask(headers), 'Ada', host)
  }
  for (const host of ['shop.example.org:8080', '[::1]:8080', '127.0.0.1:8001']) {
    assert.equal(await ask({ origin: `http://${host}`, 'x-forwarded-host': host }), 'Ada', host)
  }
})

test('a page of the same host by another scheme or port is another site', async () => {
  const https = { 'x-forwarded-host': 'shop.example.org', 'x-forwarded-proto': 'https' }
  const http = { ...https, 'x-forwarded-proto': 'http' }
  assert.equal(
    await ask({ ...https, origin: 'http://shop.example.org' }),
    'The request did not come from this site: its Origin says http, and nginx saw https.',
  )
  assert.equal(
    await ask({ ...http, origin: 'https://shop.example.org' }),
    'The request did not come from this site: its Origin says https, and nginx saw http.',
  )
  for (const origin of [
    'https://shop.example.org:8443',
    'null',
    'shop.example.org',
    'file://',
    'ftp://shop.example.org',
  ]) {
    const said = await ask({ ...https, origin })
    assert.match(said, /^The request did not come from this site: its Origin /, origin)
  }
})

test('a change from elsewhere or from nowhere is refused, looking is not', async () => {
  const host = { 'x-forwarded-host': 'shop.example.org' }
  assert.equal(await ask(host), 'The request did not come from this site: it has no Origin.')
  assert.equal(
    await ask({ ...host, origin: 'https://evil.example.org' }),
    'The request did not come from this site: its Origin is another site.',
  )
  assert.equal(await ask(host, 'GET'), 'Ada')
})
