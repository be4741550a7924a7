import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { getBuiltinRequestContext } from 'next/dist/server/after/builtin-request-context.js'
import { takeBackgroundWork } from './preload/background.cjs'
import { workloadState } from './preload/state.cjs'

test('Next hands the work that goes on after an answer to us, and it counts until it has ended, well or not', async (t) => {
  const state = workloadState()
  takeBackgroundWork(state)
  const waitUntil = getBuiltinRequestContext()?.waitUntil
  assert.ok(waitUntil)
  const [good, bad] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  waitUntil(good.promise)
  waitUntil(bad.promise)
  assert.equal(state.background.size, 2)
  const said = t.mock.method(console, 'error', () => undefined)
  bad.reject(new Error('no route to the mail server'))
  await assert.rejects(bad.promise)
  assert.equal(state.background.size, 1)
  assert.deepEqual(
    said.mock.calls.map(({ arguments: [text, cause] }) => [text, cause.message]),
    [['Work after an answer failed:', 'no route to the mail server']],
  )
  good.resolve()
  await good.promise
  assert.equal(state.background.size, 0)
})

test('Next leaves SIGTERM to us where the image says so', async () => {
  const path = createRequire(import.meta.url).resolve('next/dist/server/lib/start-server.js')
  assert.match(await readFile(path, 'utf8'), /if \(!process\.env\.NEXT_MANUAL_SIG_HANDLE\)/)
  const image = await readFile(new URL('../../Dockerfile.runtime', import.meta.url), 'utf8')
  assert.match(image, /^ {4}NEXT_MANUAL_SIG_HANDLE=1 \\$/m)
})
