import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import Docker from 'dockerode'
import { ReleaseError } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import { checkConfig } from './reload.ts'

const PATIENCE_MS = 10_000

/** Deadlines that pass when the test says so: `pass(n)` waits until there are n, and the last one is over. */
function deadlines(context: TestContext): { pass(count: number): Promise<void> } {
  const made: AbortController[] = []
  context.mock.method(AbortSignal, 'timeout', (delayMs: number) => {
    assert.equal(delayMs, 10_000)
    const controller = new AbortController()
    made.push(controller)
    return controller.signal
  })
  return {
    pass: async (count) => {
      const endMs = performance.now() + PATIENCE_MS
      while (made.length < count && performance.now() < endMs) await setImmediate()
      assert.equal(made.length, count)
      made.at(-1)?.abort()
    },
  }
}

/** `nginx -t` by a Docker that answers as `listener` does; what it says when it fails. */
async function failureOfCheck(listener: RequestListener): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'docker-'))
  const socketPath = join(dir, 'docker.sock')
  const server = createServer(listener).listen(socketPath)
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(dir, { recursive: true })
  })
  const internalUrl = new URL('http://127.0.0.1')
  const proxy = {
    docker: new Docker({ socketPath }),
    liveDir: dir,
    internalUrl,
    containerFilter: { label: [] },
  }
  try {
    await checkConfig(proxy, new AbortController().signal)
  } catch (error) {
    assert.ok(error instanceof ReleaseError, String(error))
    return describeError(error, '').what
  }
  throw new Error('It was expected to fail, but did not.')
}

test('a Docker that does not answer does not hold up the check of the configuration', async (context) => {
  const { pass } = deadlines(context)
  const [sentence] = await Promise.all([failureOfCheck(() => undefined), pass(1)])
  assert.equal(sentence, "Docker can't be reached: no answer within 10 seconds.")
})

test('nor does an nginx -t that never ends', async (context) => {
  const { pass } = deadlines(context)
  const [sentence] = await Promise.all([failureOfCheck(neverEnding), pass(4)])
  assert.equal(sentence, "nginx can't be reached: nginx -t did not end within 10 seconds.")
})

const neverEnding: RequestListener = ({ url = '' }, response) => {
  if (url.startsWith('/containers/json')) return response.end(JSON.stringify([{ Id: 'a'.repeat(64) }]))
  if (url.endsWith('/start')) return response.writeHead(200).flushHeaders()
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ Id: 'b'.repeat(64) }))
}
