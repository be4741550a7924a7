import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { directorClient } from '../director/client.ts'
import { relay } from './relay.ts'

const never = new AbortController().signal

/** A director's socket that answers with `listener`, and a client of it. */
async function socketWith(context: TestContext, listener: RequestListener) {
  const directory = mkdtempSync(join(tmpdir(), 'switchyard-relay-'))
  const path = join(directory, 'director.sock')
  const server = createServer(listener).listen(path)
  await once(server, 'listening')
  const client = directorClient(path)
  context.after(async () => {
    server.closeAllConnections()
    server.close()
    await client.close()
    rmSync(directory, { recursive: true })
  })
  return { client, stop: never, retryMs: 1_500 }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  return (await request.toArray()).join('')
}

test('a request goes to the same address under /v1, with its body and its query', async (context) => {
  const seen: unknown[] = []
  const parts = await socketWith(context, async (request, response) => {
    seen.push([request.method, request.url, request.headers.cookie, await bodyOf(request)])
    response.writeHead(202, { 'content-type': 'application/json', 'x-internal': 'kept back' }).end('{"a":1}')
  })
  const request = new Request('http://app.example/api/ops/releases/4%202?limit=2', {
    method: 'POST',
    headers: { cookie: 'switchyard.session=1', 'x-switchyard-user': 'root' },
    body: '{"label":null}',
  })
  const answer = await relay(request, ['releases', '4 2'], parts)
  assert.equal(answer.status, 202)
  assert.equal(await answer.text(), '{"a":1}')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.equal(answer.headers.get('x-internal'), null)
  assert.deepEqual(seen, [['POST', '/v1/releases/4%202?limit=2', 'switchyard.session=1', '{"label":null}']])
})

test('every cookie of the director comes back, each for itself', async (context) => {
  const parts = await socketWith(context, (_request, response) => {
    response.writeHead(200, { 'set-cookie': ['a=1; HttpOnly', 'b=2; Expires=Thu, 01 Jan 2032 00:00:00 GMT'] })
    response.end()
  })
  const answer = await relay(new Request('http://app.example/api/ops/session'), ['session'], parts)
  assert.deepEqual(answer.headers.getSetCookie(), [
    'a=1; HttpOnly',
    'b=2; Expires=Thu, 01 Jan 2032 00:00:00 GMT',
  ])
})

test('an event stream passes line by line, and its end is told to the director', async (context) => {
  const closed = Promise.withResolvers<void>()
  const parts = await socketWith(context, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: first\n\n')
    response.once('close', () => closed.resolve())
  })
  const leaving = new AbortController()
  const request = new Request('http://app.example/api/ops/releases/1/events', { signal: leaving.signal })
  const answer = await relay(request, ['releases', '1', 'events'], parts)
  assert.equal(answer.headers.get('cache-control'), 'no-store, no-transform')
  assert.equal(answer.headers.get('x-accel-buffering'), 'no')
  const reader = answer.body?.getReader()
  const next = async () => new TextDecoder().decode((await reader?.read())?.value)
  assert.equal(await next(), 'retry: 1500\n\n')
  assert.equal(await next(), 'data: first\n\n')
  leaving.abort()
  await closed.promise
  assert.equal((await reader?.read())?.done, true)
})

test('a slot that is told to stop ends its streams', async (context) => {
  const parts = await socketWith(context, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n')
  })
  const stop = new AbortController()
  const request = new Request('http://app.example/api/ops/releases/1/events')
  const answer = await relay(request, ['releases', '1', 'events'], { ...parts, stop: stop.signal })
  const reader = answer.body?.getReader()
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), 'retry: 1500\n\n')
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), 'data: first\n\n')
  stop.abort()
  assert.equal((await reader?.read())?.done, true)
})

test('without a director the answer is a refusal in three sentences', async (context) => {
  context.mock.method(console, 'error', () => undefined)
  const client = directorClient(join(tmpdir(), 'switchyard-no-such.sock'))
  const answer = await relay(new Request('http://app.example/api/ops/ping'), ['ping'], {
    client,
    stop: never,
    retryMs: 1_500,
  })
  assert.equal(answer.status, 503)
  assert.deepEqual(await answer.json(), {
    error: {
      code: 'internal',
      what: 'The release director does not answer on its socket.',
      live: 'nginx needs no director: while it runs, visitors are served.',
      next: 'Look at the log of the container release-director, then try again.',
      detail: null,
    },
  })
})

test('a path that would leave /v1 is not sent', async (context) => {
  const seen: string[] = []
  const parts = await socketWith(context, (request, response) => {
    seen.push(request.url ?? '')
    response.end()
  })
  for (const path of [['..', 'x'], ['.'], ['a', '']]) {
    const answer = await relay(new Request('http://app.example/api/ops/x'), path, parts)
    assert.equal(answer.status, 404)
  }
  assert.deepEqual(seen, [])
})
