import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, 'main.cjs')

/** As compose names it, with the options that an app has of its own. */
async function node(script: string, preload = MAIN, own = '--no-warnings'): Promise<string> {
  const NODE_OPTIONS = `--require ${preload} ${own}`
  const { stdout, stderr } = await run(process.execPath, ['-e', script], {
    env: { ...process.env, NODE_OPTIONS, NEXT_MANUAL_SIG_HANDLE: '1' },
    timeout: 10_000,
  })
  return stdout + stderr
}

const WHAT_IS_THERE = `[
  process.listenerCount('SIGTERM'),
  Symbol.for('switchyard.workload') in globalThis,
  Symbol.for('@next/request-context') in globalThis,
].join()`

test('a process that is no server is left alone, and ends when its work is done', async () => {
  assert.equal(await node(`console.log(${WHAT_IS_THERE})`), '0,false,false\n')
  const asks = `fetch('http://127.0.0.1:1').catch(() => console.log(${WHAT_IS_THERE}))`
  assert.equal(await node(asks), '0,false,false\n')
})

test('a worker thread is left alone', async () => {
  const inWorker = `console.log(Symbol.for('switchyard.preload') in globalThis)`
  const script = `new (require('node:worker_threads').Worker)(${JSON.stringify(inWorker)}, { eval: true })`
  assert.equal(await node(script), 'false\n')
})

test('what an image of before there was a preload does by itself, it leaves alone', async () => {
  const script = `
    const before = (globalThis.switchyardWorkload ??= { isStarted: false })
    const { createServer, get } = require('node:http')
    const server = createServer((request, response) => {
      const { isStarted, answering, servers, stop } = globalThis.switchyardWorkload
      response.end([isStarted, before === globalThis.switchyardWorkload, answering.size, servers.size, stop.signal.aborted].join())
    }).listen(0, '127.0.0.1', () => get({ ...server.address(), host: '127.0.0.1' }, async (answer) => {
      for await (const part of answer) console.log(String(part), process.listenerCount('SIGTERM'))
      process.exit()
    }))`
  assert.equal(await node(script), 'true,true,1,1,false 1\n')
})

test('an app’s own options hold, and what can not be started is told and stops no app', async (t) => {
  assert.equal(await node('console.log(process.title)', MAIN, '--title=mine'), 'mine\n')
  const directory = await mkdtemp(join(tmpdir(), 'preload-'))
  t.after(() => rm(directory, { recursive: true }))
  await copyFile(MAIN, join(directory, 'main.cjs'))
  const said = await node('console.log("the app runs")', join(directory, 'main.cjs'))
  assert.match(
    said,
    /^the app runs\nWhat Switchyard adds to this slot could not be started: Error: Cannot find module/,
  )
})
