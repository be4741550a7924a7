import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { Hono } from 'hono'
import { Agent, type Dispatcher, request } from 'undici'
import { until } from '../../../test/engine/until.ts'
import { bareParts } from '../../../test/fixtures/bare-parts.ts'
import { openJournal } from '../../state/journal.ts'
import { bodyOf, refuse } from '../api.ts'
import { listenOn } from '../listen.ts'
import { doorServer } from './door.ts'
import { type DoorLimits, SLOT_LIMITS } from './limits.ts'

const BODY_BYTES = 63 * 1024

type RequestOptions = Partial<Pick<Dispatcher.RequestOptions, 'method' | 'body' | 'signal'>>

/** A door on a socket of its own, with a route that refuses before it reads, one that reads, and one that never answers. */
async function opened(limits: Partial<DoorLimits> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'door-'))
  const lines: string[] = []
  const journal = openJournal(join(directory, 'journal.db'))
  const app = new Hono()
  app.post('/refused', (context) => context.json({ error: 'signed-out' }, 401))
  app.post('/read', async (context) => {
    await bodyOf(context)
    return context.json({ ok: true })
  })
  app.get('/ping', (context) => context.json({ ok: true }))
  app.get('/never', () => new Promise<Response>(() => undefined))
  app.onError((cause, context) => refuse(context, cause, bareParts({ journal })))
  const path = join(directory, 'door.sock')
  const server = doorServer(
    app,
    { ...SLOT_LIMITS, ...limits },
    {
      name: 'The primary slot',
      complain: (line) => lines.push(line),
    },
  )
  await listenOn(server, path, { mode: 0o600, groupId: process.getgid?.() ?? 0 })
  const agent = new Agent({ connect: { socketPath: path } })
  after(async () => {
    server.close()
    server.closeAllConnections()
    await agent.destroy()
    journal.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const ask = (url: string, options: RequestOptions = {}) =>
    request(`http://door${url}`, { dispatcher: agent, ...options })
  return { path, lines, server, ask }
}

async function connected(path: string): Promise<Socket> {
  const socket = connect(path)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

const unfinished = (url: string): string =>
  `POST ${url} HTTP/1.1\r\nhost: door\r\ncontent-length: ${BODY_BYTES}\r\n\r\n${'x'.repeat(BODY_BYTES - 1)}`

test('whoever is refused is told so before their body has come', async () => {
  const { path } = await opened()
  const socket = await connected(path)
  socket.write(unfinished('/refused'))
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 401 /)
  await once(socket.resume(), 'close')
})

test('connections beyond the cap are cut, a line tells of them, and those within it are answered', async () => {
  const { path, lines, server, ask } = await opened({ connections: 20, atOnce: 20 })
  const held = await Promise.all(Array.from({ length: 19 }, () => connected(path)))
  for (const socket of held) socket.write(unfinished('/read'))
  await until('all are accepted', 5_000, async () => ((await countOf(server)) === 19 ? true : null))
  const { statusCode, body } = await ask('/ping')
  await body.dump()
  assert.equal(statusCode, 200)
  const beyond = await Promise.all(Array.from({ length: 50 }, () => connected(path)))
  await Promise.all(beyond.map((socket) => (socket.destroyed ? null : once(socket.resume(), 'close'))))
  assert.equal(await countOf(server), 20)
  assert.deepEqual(lines, [
    'The primary slot holds more connections to the director than the 20 that it may, or sends several requests at once on one: one was cut.',
  ])
  for (const socket of held) socket.destroy()
})

test('several requests at once on one connection end it, since they would wait in memory', async () => {
  const { path } = await opened()
  const socket = await connected(path)
  socket.write('GET /never HTTP/1.1\r\nhost: door\r\n\r\n'.repeat(1_000))
  await once(socket.resume(), 'close')
})

test('requests that are never answered keep so many others waiting, and no stream', async () => {
  const { ask } = await opened({ atOnce: 3 })
  const stop = new AbortController()
  const hanging = [1, 2, 3].map(() => ask('/never', { signal: stop.signal }).catch(() => null))
  const waiting = ask('/ping')
  const stream = await ask('/releases/1/events?follow=1')
  await stream.body.dump()
  assert.equal(stream.statusCode, 404)
  stop.abort()
  await Promise.all(hanging)
  const { statusCode, body } = await waiting
  await body.dump()
  assert.equal(statusCode, 200)
})

test('a body beyond its cap is refused with a sentence, whether it says its length or not', async () => {
  const { ask } = await opened()
  const large = 'x'.repeat(64 * 1024 + 1)
  async function* inChunks() {
    yield large
  }
  for (const body of [large, Readable.from(inChunks())]) {
    const answer = await ask('/read', { method: 'POST', body })
    assert.equal(answer.statusCode, 413)
    assert.deepEqual(await answer.body.json(), {
      error: {
        code: 'too-large',
        what: 'The request is too large: its body is longer than 65536 bytes.',
        live: '',
        next: 'Send less, then try again.',
        detail: null,
      },
    })
  }
})

const countOf = (server: Server): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((cause, count) => (cause ? reject(cause) : resolve(count))),
  )
