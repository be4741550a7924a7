import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { z } from 'zod'
import { ReleaseError } from '../release/errors.ts'
import { hostClient } from './host-client.ts'

const directory = mkdtempSync(join(tmpdir(), 'host-client-'))
after(() => rmSync(directory, { recursive: true }))

const WITHIN_MS = 200

/** A director that does with a request what `listener` does. */
async function client(name: string, listener: RequestListener) {
  const path = join(directory, name)
  const server = createServer(listener).listen(path)
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return hostClient(path, WITHIN_MS)
}

async function failed(work: Promise<unknown>): Promise<string> {
  const cause: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(cause instanceof Error, 'It was answered.')
  if (!(cause instanceof ReleaseError)) return cause.message
  return `${cause.facts.reason} ${cause.cause instanceof Error ? cause.cause.message : ''}`
}

test('a director that takes the connection and never answers is given up, whoever asks', async () => {
  const hanging = await client('hanging', () => undefined)
  const given = `The release director does not answer on its socket. It took longer than ${WITHIN_MS} ms`
  assert.equal(await failed(hanging.raw('/v1/logs')), given)
  assert.equal(await failed(hanging.raw('/v1/logs', { signal: new AbortController().signal })), given)
  assert.match(await failed(hanging.call(z.unknown(), '/v1/status')), /^The release director does not answer/)
})

test('an answer that begins and never ends is given up by whoever wants all of it', async () => {
  const endless = await client('endless', (_, answer) => {
    answer.write('{')
  })
  const { signal } = new AbortController()
  for (const init of [{}, { signal }]) {
    const said = await failed(endless.call(z.unknown(), '/v1/status', init))
    assert.match(said, /^The release director began an answer and did not end it\. /)
  }
})

test('a stream goes on beyond the deadline, and ends by the signal of who follows it', async () => {
  const stream = await client('stream', (_, answer) => {
    answer.write('first')
    setTimeout(() => answer.write('second'), WITHIN_MS * 3).unref()
  })
  const follower = new AbortController()
  const { body } = await stream.raw('/v1/logs', { signal: follower.signal })
  const heard: string[] = []
  await assert.rejects(async () => {
    for await (const chunk of body ?? []) {
      heard.push(Buffer.from(chunk).toString())
      if (heard.length === 2) follower.abort()
    }
  })
  assert.deepEqual(heard, ['first', 'second'])
})
