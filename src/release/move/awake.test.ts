import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { get } from '../../health/get.ts'
import { freshRequest } from '../../nginx/fresh-request.ts'
import { awakeDeadline } from './awake.ts'

/** As a process that is paused, or gets no processor, right before Node looks at its timers. */
async function standStill(ms: number): Promise<void> {
  await new Promise(setImmediate)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** A server that does not stand still with this process, and answers after `ms`. */
async function server(ms: number): Promise<{ port: number; end(): Promise<unknown> }> {
  const source = `
    const { createServer } = require('node:http')
    const server = createServer((_, answer) => setTimeout(() => answer.end('here'), ${ms})).listen(0, '127.0.0.1', () =>
      require('node:worker_threads').parentPort.postMessage(server.address().port))`
  const worker = new Worker(source, { eval: true })
  const [port] = await once(worker, 'message')
  return { port: Number(port), end: () => worker.terminate() }
}

test('a deadline passes while the process runs, and not while it stands still', async () => {
  using deadline = awakeDeadline(400)
  await standStill(1_000)
  await delay(60)
  assert.equal(deadline.signal.aborted, false)
  const startedMs = performance.now()
  await once(deadline.signal, 'abort')
  assert.ok(performance.now() - startedMs > 100)
})

test('an answer that came while the process stood still is taken, by nginx and by a slot', async () => {
  const slow = await server(100)
  try {
    const url = new URL(`http://127.0.0.1:${slow.port}/`)
    const signal = new AbortController().signal
    const asked = freshRequest(url, 400, signal)
    await delay(40)
    await standStill(1_000)
    assert.equal((await asked).body, 'here')

    const probed = get(
      {
        ...{ host: '127.0.0.1', port: slow.port, path: '/', accept: '*/*' },
        ...{ timeoutMs: 400, maxBytes: 1_000 },
      },
      signal,
    )
    await delay(40)
    await standStill(1_000)
    const result = await probed
    assert.equal(result.ok && result.answer.body, 'here')
  } finally {
    await slow.end()
  }
})

test('a deadline that is disposed of never comes', async () => {
  const deadline = awakeDeadline(20)
  deadline[Symbol.dispose]()
  await delay(100)
  assert.equal(deadline.signal.aborted, false)
})
