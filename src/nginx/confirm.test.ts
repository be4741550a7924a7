import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
import { ReleaseError } from '../release/errors.ts'
import { type Addresses, confirmSwitch } from './confirm.ts'

const EXPECTED = { generation: 4, slot: 'secondary', release: 9, health: 'operational' } as const
const SOON_MS = 10_000

const PAYLOAD = {
  ...{ status: 'operational', timestamp: '2026-01-01T00:00:00.000Z', version: '1.0.0', release: 9 },
  ...{ deploymentId: 'b9', uptimeSeconds: 1, inFlight: 0, checks: {} },
}

const STATE = {
  ...{ generation: 4, live: 'secondary', up: ['secondary'], shares: {}, pins: [] },
  ...{ console: null, barred: [], release: 9 },
}

type Standing = {
  /** Who answers as a slot, in turn; the last one goes on. `hang` never answers, and a number is nginx's own error. */
  slots: readonly (string | number)[]
  generation?: number
  /** What the slot says otherwise. */
  says?: Record<string, unknown>
  /** How long each takes. */
  stateMs?: number
  answerMs?: number
}

/** Stands where nginx would. */
async function answering({
  slots,
  generation = 4,
  says = {},
  stateMs = 0,
  answerMs = 0,
}: Standing): Promise<Addresses & { asked(): number }> {
  let asked = 0
  const server = createServer(({ url }, response) => {
    if (url === '/state') {
      setTimeout(() => response.end(JSON.stringify({ ...STATE, generation })), stateMs).unref()
      return
    }
    const slot = slots[Math.min(asked, slots.length - 1)] ?? ''
    asked += 1
    if (slot === 'hang') return
    if (typeof slot === 'number') return void response.writeHead(slot).end('The site did not answer in time.')
    response.setHeader('x-served-by', slot)
    setTimeout(() => response.end(JSON.stringify({ ...PAYLOAD, slot, ...says })), answerMs).unref()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const url = new URL(`http://127.0.0.1:${port}`)
  return { publicUrl: url, internalUrl: url, asked: () => asked }
}

const PATIENCE = { nginxMs: 600, slotMs: 600 }

async function seen(standing: Standing) {
  const { sight, missing } = await confirmSwitch(
    await answering(standing),
    EXPECTED,
    AbortSignal.timeout(SOON_MS),
    PATIENCE,
  )
  return { sight, missing }
}

const unconfirmed = (reason: string | RegExp) => (error: unknown) => {
  assert.ok(error instanceof ReleaseError)
  assert.equal(error.code, 'switch-unconfirmed')
  if (typeof reason === 'string') assert.equal(error.facts.reason, reason)
  else assert.match(error.facts.reason ?? '', reason)
  return true
}

test('five answers in a row confirm a switch, and an old worker that still answers starts the count anew', async () => {
  const late = await answering({ slots: [...Array(4).fill('secondary'), 'primary', 'secondary'] })
  const { sight } = await confirmSwitch(late, EXPECTED, AbortSignal.timeout(SOON_MS))
  assert.equal(sight, 'answers')
  assert.equal(late.asked(), 10)
})

test('a switch that the other slot answers to the end is unconfirmed, with what was seen last', async () => {
  await assert.rejects(seen({ slots: ['primary'] }), unconfirmed('the primary slot answers, not secondary'))
})

test('another release is never taken for the one that was to move, also where it answers once and falls silent', async () => {
  const words = unconfirmed('release 8 answers in the secondary slot, not 9')
  await assert.rejects(seen({ slots: ['secondary'], says: { release: 8 } }), words)
  await assert.rejects(seen({ slots: ['secondary', 'hang'], says: { release: 8 } }), words)
})

test('where nginx says the generation, a slot that hangs is told, and the move counts', async () => {
  assert.deepEqual(await seen({ slots: ['hang'] }), {
    sight: 'silent',
    missing: 'secondary has not answered through it within 0.6 s',
  })
})

test('a slot that nginx does not reach is told as that', async () => {
  for (const slots of [[502], [502, 'hang']]) {
    assert.deepEqual(await seen({ slots }), {
      sight: 'unreached',
      missing: 'nginx itself answers 502 in place of secondary',
    })
  }
})

test('answers that are slow are good answers, though there is no time for five', async () => {
  assert.deepEqual(await seen({ slots: ['secondary'], answerMs: 250 }), {
    sight: 'slow',
    missing: 'secondary is slow: 2 good answers within 0.6 s, and not 5 in a row',
  })
})

test('a slot that says that it is not well is told as that', async () => {
  assert.deepEqual(await seen({ slots: ['secondary'], says: { status: 'degraded' } }), {
    sight: 'ill',
    missing: 'the secondary slot answers 200 and says that it is degraded',
  })
})

test('an nginx that is late to say its generation is waited for, and then told', async () => {
  assert.equal((await seen({ slots: ['secondary'], stateMs: 300 })).sight, 'answers')
  const never = await answering({ slots: ['secondary'], stateMs: 60_000 })
  const { sight, missing } = await confirmSwitch(never, EXPECTED, AbortSignal.timeout(SOON_MS), {
    nginxMs: 200,
    slotMs: 200,
  })
  assert.deepEqual(
    [sight, missing],
    ['nginx-late', 'nginx has not said within 0.2 s which generation it serves'],
  )
  assert.equal(never.asked(), 0)
})

test('an nginx that says another generation, or is not there, confirms nothing', async () => {
  await assert.rejects(
    seen({ slots: ['secondary'], generation: 3 }),
    unconfirmed('nginx serves generation 3, not 4'),
  )
  const nobody = new URL('http://127.0.0.1:9')
  const confirming = confirmSwitch(
    { publicUrl: nobody, internalUrl: nobody },
    EXPECTED,
    AbortSignal.timeout(SOON_MS),
    PATIENCE,
  )
  await assert.rejects(confirming, unconfirmed(/ECONNREFUSED/))
})
