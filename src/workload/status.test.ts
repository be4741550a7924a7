import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import type { SlotConfig } from '../config/slot.ts'
import { inFlightByKindSchema, statusPayloadSchema } from '../release/status-payload.ts'
import type { Check } from './checks.ts'
import { CHECKS, eventLoopCheck } from './checks.ts'
import type { Answering, WorkloadState } from './preload/state.cjs'
import { runChecks } from './run-checks.ts'
import { readStatus } from './status.ts'

const CONFIG: SlotConfig = {
  slot: 'primary',
  release: 7,
  version: '1.4.0',
  revision: null,
  deploymentId: 'b7-1a2b3c4',
}

const newState = (): WorkloadState => ({
  startedAtMs: Date.now() - 1_500,
  isStarted: true,
  hasBeenReady: false,
  answering: new Set(),
  background: new Set(),
  sockets: new Set(),
  stop: new AbortController(),
  servers: new Set(),
  live: { isLive: () => true, onChange: () => () => undefined },
})

/** A check that fails until it is mended. */
function breakable(): { check: Check; mend(): void; breakIt(): void } {
  let isBroken = true
  const check: Check = {
    name: 'database',
    run: async () => {
      if (isBroken) throw new Error('no route to the database')
      return 'one connection'
    },
  }
  return {
    check,
    mend: () => {
      isBroken = false
    },
    breakIt: () => {
      isBroken = true
    },
  }
}

test('a slot starts, becomes operational, may degrade and recover, and drains', async () => {
  const state = newState()
  const { check, mend, breakIt } = breakable()
  const statusNow = async () => (await readStatus(CONFIG, state, [check])).status
  assert.equal(await statusNow(), 'starting')
  mend()
  assert.equal(await statusNow(), 'operational')
  breakIt()
  assert.equal(await statusNow(), 'degraded')
  mend()
  assert.equal(await statusNow(), 'operational')
  state.stop.abort()
  assert.equal(await statusNow(), 'draining')
})

test('the payload is the one that the engine expects', async () => {
  const { check, mend } = breakable()
  mend()
  const state = newState()
  const answering = (kind: Answering['kind'], headersSent: boolean, agoMs: number): void =>
    void state.answering.add({ kind, response: { headersSent }, sinceMs: performance.now() - agoMs })
  answering('request', false, 20_000)
  answering('request', true, 100)
  answering('request', true, 20_000)
  answering('upload', true, 20_000)
  answering('stream', true, 20_000)
  state.background.add(Promise.resolve())
  state.sockets.add(new PassThrough())
  const payload = statusPayloadSchema.strict().parse(await readStatus(CONFIG, state, [check]))
  assert.equal(payload.deploymentId, 'b7-1a2b3c4')
  assert.equal(payload.inFlight, 5)
  assert.deepEqual(payload.inFlightByKind, {
    request: 2,
    upload: 1,
    download: 1,
    background: 1,
    stream: 1,
    socket: 1,
  })
  assert.ok(payload.uptimeSeconds >= 1.5)
  assert.equal(payload.checks.database?.detail, 'one connection')
})

test('the kinds that an older build does not tell are taken for none', () => {
  assert.deepEqual(inFlightByKindSchema.parse({ request: 2, upload: 1, stream: 4 }), {
    request: 2,
    upload: 1,
    download: 0,
    background: 0,
    stream: 4,
    socket: 0,
  })
})

test('checks run side by side, and one that ignores its deadline does not hold the answer', async () => {
  const deaf: Check = { name: 'queue', run: () => new Promise(() => undefined) }
  const startedMs = performance.now()
  const results = await runChecks([deaf, { ...deaf, name: 'search' }], 50)
  assert.ok(performance.now() - startedMs < 500)
  assert.equal(results.queue?.ok, false)
  assert.equal(results.queue?.detail, 'no answer within 50 ms')
  assert.equal(results.search?.ok, false)
})

test('a check that hears its deadline fails with the same words', async () => {
  const hearing: Check = {
    name: 'queue',
    run: (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut')))),
  }
  const results = await runChecks([hearing], 20)
  assert.equal(results.queue?.detail, 'no answer within 20 ms')
})

test('a check that throws at once is only not ok, and a long message is cut', async () => {
  const throwing: Check = {
    name: 'search',
    run: () => {
      throw new Error('x'.repeat(500))
    },
  }
  const results = await runChecks([throwing], 100)
  assert.equal(results.search?.ok, false)
  assert.equal(results.search?.detail, 'x'.repeat(200))
})

/** Keeps the event loop from doing anything else for `ms`. */
function block(ms: number): void {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
}

test('an event loop that is late once is told, and degrades a slot only when it is late again', async () => {
  const state = newState()
  const check = eventLoopCheck(40)
  const look = async (blockedMs: number) => {
    const reading = readStatus(CONFIG, state, [check])
    block(blockedMs)
    const { status, checks } = await reading
    return { status, detail: checks['event-loop']?.detail?.replace(/\d+ ms/, 'N ms') }
  }
  const onTime = { status: 'operational', detail: undefined }
  const late = { status: 'operational', detail: 'a timer came N ms late' }
  const lateAgain = { status: 'degraded', detail: 'a timer came N ms late, as the one before it did' }
  assert.deepEqual(await look(80), late)
  assert.deepEqual(await look(0), onTime)
  assert.deepEqual(await look(80), late)
  assert.deepEqual(await look(80), lateAgain)
  assert.deepEqual(await look(80), lateAgain)
  assert.deepEqual(await look(0), onTime)
})

test('one stall that is longer than a check may take is no failure of it', async () => {
  const reading = runChecks([eventLoopCheck(20)], 50)
  block(200)
  assert.equal((await reading)['event-loop']?.ok, true)
})

test('the checks that ship pass on a sound machine', async () => {
  const results = await runChecks(CHECKS, 2_000)
  assert.deepEqual(
    Object.entries(results).map(([name, { ok }]) => [name, ok]),
    [['event-loop', true]],
  )
})
