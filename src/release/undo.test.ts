import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draft, type Yard, yard } from '../../test/fixtures/yard.ts'
import { runRelease } from './engine.ts'
import { ReleaseError } from './errors.ts'
import type { Slot } from './slot.ts'

const quiet = (): void => undefined

async function reach(system: Yard) {
  const routing = await system.routing()
  const pins = routing?.pins.map(({ deploymentId, slot }) => `${deploymentId} ${slot}`).toSorted()
  return { live: routing?.live, up: routing?.up, pins }
}

const AS_BEFORE = {
  live: 'secondary',
  up: ['primary', 'secondary'],
  pins: ['b1 primary', 'b2 secondary'],
}

/** Lets `slot` have one request in flight for `ms` from when it is first asked. */
function keepBusy({ parts: { health } }: Yard, slot: Slot, ms: number): { inFlight: number } {
  const busy = { inFlight: 1 }
  const { probe } = health
  let isAsked = false
  health.probe = async (asked, signal) => {
    const seen = await probe(asked, signal)
    if (asked !== slot) return seen
    if (!isAsked) setTimeout(() => Object.assign(busy, { inFlight: 0 }), ms).unref()
    isAsked = true
    return { ...seen, payload: { ...seen.payload, ...busy } }
  }
  return busy
}

test('a rollback that nginx does not confirm waits for nobody and keeps the tabs of the standby', async () => {
  const system = await yard()
  system.faults.confirm = new ReleaseError('switch-unconfirmed', { reason: 'no answer in time' })
  keepBusy(system, 'primary', 60_000)
  system.parts.settings.drainCapMs = 60_000
  const written: string[] = []
  const { write } = system.parts.traffic
  system.parts.traffic.write = async (next) => {
    written.push(
      `${next.live}: ${next.pins.map(({ deploymentId, slot }) => `${deploymentId} ${slot}`).toSorted()}`,
    )
    return write(next)
  }
  const { id } = system.journal.create(draft({ verb: 'rollback', slot: 'primary', from: 'secondary' }))
  const lines: string[] = []
  const release = await runRelease(
    system.parts,
    id,
    (_step, line) => lines.push(line),
    AbortSignal.timeout(10_000),
  )
  assert.equal(release.state, 'failed')
  assert.deepEqual(written, ['primary: b1 primary,b2 secondary', 'secondary: b1 primary,b2 secondary'])
  assert.doesNotMatch(lines.join('\n'), /in flight|standby again/)
  assert.deepEqual(system.acts, [])
  assert.deepEqual(await reach(system), AS_BEFORE)
})

test('a rollback that is refused does not put an ill standby in reach', async () => {
  const system = await yard()
  const before = (await system.routing()) ?? assert.fail()
  await system.parts.traffic.write({
    ...before,
    generation: before.generation + 1,
    up: ['secondary'],
    pins: [],
  })
  system.says.primary = 'degraded'
  const { id } = system.journal.create(draft({ verb: 'rollback', slot: 'primary', from: 'secondary' }))
  const release = await runRelease(system.parts, id, quiet, AbortSignal.timeout(10_000))
  assert.equal(release.error?.code, 'standby-unhealthy')
  assert.deepEqual((await system.routing())?.up, ['secondary'])
})
