import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError } from '../../release/messages.ts'
import { type Ending, endedBadly } from './ending.ts'

const GIB = 1024 ** 3

function told(ending: Partial<Ending>): { what: string; next: string } {
  const whole = {
    program: '`next build`',
    code: 1,
    isOutOfMemory: false,
    memoryBytes: 2 * GIB,
    lines: [],
    ...ending,
  }
  const { what, next } = describeError(endedBadly(whole, ''), '')
  return { what, next }
}

const LESS =
  'have the build need less, as docs/builds.md says, or give it more with BUILD_MEMORY in switchyard.env and `npm run up`; then deploy again.'

test('a build that reached its limit is told with the limit, whatever its last process made of it', () => {
  const expected = {
    what: 'The build was killed: `next build` needed more memory than the 2 GiB that a build may have.',
    next: `The source need not be wrong: ${LESS}`,
  }
  assert.deepEqual(told({ code: 137, isOutOfMemory: true }), expected)
  assert.deepEqual(told({ code: 1, isOutOfMemory: true, lines: ['> Build failed'] }), expected)
})

for (const line of [
  'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory',
  'Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory',
]) {
  test(`V8 without room is told as killed: ${line.slice(0, 40)}`, () => {
    assert.deepEqual(
      told({ code: 134, lines: ['Creating an optimized production build ...', line, 'Aborted'] }),
      {
        what: 'The build was killed: `next build` ran out of memory for JavaScript, of the 2 GiB that a build may have.',
        next: `The source need not be wrong: ${LESS}`,
      },
    )
  })
}

for (const [ending, signal] of [
  [{ code: 137 }, 'SIGKILL'],
  [{ code: 1, lines: ['Next.js build worker exited with code: null and signal: SIGKILL'] }, 'SIGKILL'],
  [{ code: 143 }, 'SIGTERM'],
  [{ code: 139 }, 'SIGSEGV'],
  [{ code: 1, lines: ['Static worker exited with code: null and signal: SIGBUS'] }, 'SIGBUS'],
] as const) {
  test(`a build ended by ${signal} is told as killed (${JSON.stringify(ending)})`, () => {
    const why =
      signal === 'SIGKILL' ? ', as Linux does where the machine has no memory left, or somebody' : ''
    assert.deepEqual(told(ending), {
      what: `The build was killed: \`next build\` was ended by ${signal}${why}.`,
      next: `Run it again; if it is ended again, ${LESS}`,
    })
  })
}

test('what has no limit of its own is not told to raise one', () => {
  const install = { program: '`npm ci`', memoryBytes: null }
  const less =
    'have it need less, as docs/builds.md says, or run it where there is more memory; then deploy again.'
  assert.deepEqual(told({ ...install, code: 137 }), {
    what: 'The build was killed: `npm ci` was ended by SIGKILL, as Linux does where the machine has no memory left, or somebody.',
    next: `Run it again; if it is ended again, ${less}`,
  })
  assert.deepEqual(told({ ...install, code: 134, lines: ['FATAL ERROR: JavaScript heap out of memory'] }), {
    what: 'The build was killed: `npm ci` ran out of memory for JavaScript.',
    next: `The source need not be wrong: ${less}`,
  })
})

for (const line of [
  'Error: ENOSPC: no space left on device, write',
  'npm error nospc ENOSPC: no space left on device, mkdir',
  'tar: page.js: Cannot write: No space left on device',
]) {
  test(`a full disk is told as that: ${line}`, () => {
    assert.deepEqual(told({ lines: [line, 'npm error A complete log'] }), {
      what: 'The build failed: `next build` found the disk full.',
      next: 'Free space with `switchyard prune` and `docker builder prune`, then deploy again; the source need not change.',
    })
  })
}

for (const [line, place] of [
  [
    'npm error request to https://registry.npmjs.org/zod failed, reason: getaddrinfo ENOTFOUND registry.npmjs.org',
    'registry.npmjs.org (ENOTFOUND)',
  ],
  [
    'npm error network request to https://npm.acme.example:8443/a failed, reason: connect ETIMEDOUT 10.0.0.1:8443',
    'npm.acme.example:8443 (ETIMEDOUT)',
  ],
  ['npm ERR! errno ECONNRESET', 'the network (ECONNRESET)'],
  ['  [cause]: Error: getaddrinfo EAI_AGAIN fonts.googleapis.com', 'fonts.googleapis.com (EAI_AGAIN)'],
  ['Error: connect ECONNREFUSED 127.0.0.1:5432', '127.0.0.1:5432 (ECONNREFUSED)'],
] as const) {
  test(`a lost network is told with the place: ${place}`, () => {
    assert.deepEqual(told({ program: '`npm ci`', lines: [line, 'npm error A complete log of this run'] }), {
      what: `The build failed: \`npm ci\` ended with exit code 1 and did not reach ${place}.`,
      next: 'Check the network and the names (DNS) of this machine, and the registry in .npmrc, then deploy again; the source need not change.',
    })
  })
}

test('what a source brought about stays its own, whatever words it uses', () => {
  const expected = {
    what: 'The build failed: `next build` ended with exit code 1.',
    next: 'Correct the source as its last lines say, then deploy again.',
  }
  assert.deepEqual(
    told({ lines: ['Type error: ENOTFOUND is not defined', 'const signal = "SIGKILL"'] }),
    expected,
  )
  const early = ['npm error code ETIMEDOUT', ...Array.from({ length: 60 }, (_, line) => `page ${line}`)]
  assert.deepEqual(told({ lines: [...early, 'Type error: no'] }), expected)
})
