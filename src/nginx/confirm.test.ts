import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
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

/** Stands where nginx would, with `slots` as the ones that answer, in turn; the last one goes on. */
async function answering(slots: readonly string[]): Promise<Addresses & { asked(): number }> {
  let asked = 0
  const server = createServer(({ url }, response) => {
    if (url === '/state') return void response.end(JSON.stringify(STATE))
    const slot = slots[Math.min(asked, slots.length - 1)] ?? ''
    asked += 1
    response.setHeader('x-served-by', slot)
    response.end(JSON.stringify({ ...PAYLOAD, slot }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const url = new URL(`http://127.0.0.1:${port}`)
  return { publicUrl: url, internalUrl: url, asked: () => asked }
}

test('five answers in a row confirm a switch, and an old worker that still answers starts the count anew', async () => {
  const late = await answering([...Array(4).fill('secondary'), 'primary', 'secondary'])
  await confirmSwitch(late, EXPECTED, AbortSignal.timeout(SOON_MS))
  assert.equal(late.asked(), 10)
})

test('a switch that is never served is unconfirmed, with what was seen last', async () => {
  const { publicUrl, internalUrl } = await answering(['primary'])
  await assert.rejects(
    confirmSwitch({ publicUrl, internalUrl }, EXPECTED, AbortSignal.timeout(SOON_MS)),
    (error) => {
      assert.ok(error instanceof Error && 'facts' in error)
      assert.deepEqual(error.facts, { reason: 'the primary slot answers, not secondary' })
      return true
    },
  )
})
