import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build, draft, killedAt, type Yard, yard } from '../../test/fixtures/yard.ts'
import { runRelease } from './engine.ts'
import { ReleaseError } from './errors.ts'
import { recover } from './recovery.ts'
import type { Release } from './release.ts'
import { UNRECORDED } from './runtime.ts'
import { SLOTS, type Slot } from './slot.ts'

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

/** What is true each time that a slot is started: requests in flight there, and the slots that may be addressed. */
function watchStarts(system: Yard, busy: { inFlight: number }): string[] {
  const { slots } = system.parts
  const seen: string[] = []
  const { start } = slots
  slots.start = async (...given) => {
    seen.push(`${busy.inFlight} in flight, up: ${(await system.routing())?.up}`)
    return start(...given)
  }
  return seen
}

test('a build that ./rollback.sh took the visitors from is let go before its slot is reused', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'switch', { moved: true })
  await system.move('secondary', null)
  assert.deepEqual((await reach(system)).pins, ['b2 secondary', 'b3 primary'])
  system.parts.settings.drainCapMs = 10_000
  const starts = watchStarts(system, keepBusy(system, 'primary', 300))
  const lines: string[] = []
  const release = await recover(system.parts, killed, (line) => lines.push(line))
  assert.equal(release.state, 'aborted')
  assert.deepEqual(starts, ['0 in flight, up: secondary'])
  assert.deepEqual(await reach(system), AS_BEFORE)
  assert.match(
    lines.join('\n'),
    /^primary has 1 request in flight\n(.+\n)?The drain of primary: quiet after 1\.\d s, when 1 request had ended\.\nBringing back 1\.0\.0 in primary\.\nprimary is standby again\.$/m,
  )
  const sentence = 'after the switch had begun, and secondary is live'
  assert.equal(
    release.recovery,
    `The director was stopped ${sentence}; it aborted the release and put everything back.`,
  )
  assert.equal(release.error?.what, `The director was stopped during the release: ${sentence}.`)
})

test('what the way back cuts at the cap is cut by its own stop, and named', async () => {
  const system = await yard()
  system.faults.confirm = new ReleaseError('switch-unconfirmed', { reason: 'no answer in time' })
  keepBusy(system, 'primary', 10_000)
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const { release, lines } = await runToItsEnd(system, id)
  assert.equal(release.state, 'failed')
  assert.ok(
    lines.includes('The drain of primary: after 0.05 s 1 request was cut unless it ended within 2 s more.'),
    lines.join('\n'),
  )
  assert.deepEqual(await reach(system), AS_BEFORE)
})

test('a standby that is back already is not drained by a director that was killed before it could say so', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'switch', { moved: true })
  await system.move('secondary', null)
  await recover(
    { ...system.parts, journal: { ...system.journal, append: neverEnds(system) } },
    killed,
    quiet,
  ).catch(quiet)
  assert.deepEqual(await reach(system), AS_BEFORE)
  const generation = (await system.routing())?.generation
  const acts = [...system.acts]
  assert.equal((await recover(system.parts, killed, quiet)).state, 'aborted')
  assert.deepEqual(system.acts, acts)
  assert.equal((await system.routing())?.generation, generation)
})

async function runToItsEnd({ parts }: Yard, id: number): Promise<{ release: Release; lines: string[] }> {
  const lines: string[] = []
  const log = (_step: unknown, line: string) => lines.push(line)
  return { release: await runRelease(parts, id, log, AbortSignal.timeout(10_000)), lines }
}

/** A journal that is lost at the very end of a recovery. */
function neverEnds({ journal }: Yard): Yard['journal']['append'] {
  return (id, event) => {
    if (event.type === 'recovered') throw new Error('killed')
    return journal.append(id, event)
  }
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
  const { release, lines } = await runToItsEnd(system, id)
  assert.equal(release.state, 'failed')
  assert.deepEqual(written, ['primary: b1 primary,b2 secondary', 'secondary: b1 primary,b2 secondary'])
  assert.doesNotMatch(lines.join('\n'), /in flight|standby again/)
  assert.deepEqual(system.acts, [])
  assert.deepEqual(await reach(system), AS_BEFORE)
})

test('a standby that is brought back may take as long as an app may take to start', async (context) => {
  const system = await yard()
  system.parts.settings.healthDeadlineMs = 600_000
  const deadlines = context.mock.method(AbortSignal, 'timeout')
  const { untilHealthy } = system.parts.health
  const given: (number | undefined)[] = []
  system.parts.health.untilHealthy = async (slot, wanted, log, signal) => {
    if (wanted.release !== 1) throw new ReleaseError('never-healthy')
    const made = deadlines.mock.calls.find(({ result }) => result === signal)
    given.push(made?.arguments[0])
    return untilHealthy(slot, wanted, log, signal)
  }
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const { release } = await runToItsEnd(system, id)
  assert.equal(release.state, 'failed')
  assert.deepEqual(given, [720_000])
})

test('the way back leads to a slot whose release the journal has lost, with its tabs', async () => {
  const system = await yard()
  system.faults.confirm = new ReleaseError('switch-unconfirmed', { reason: 'no answer in time' })
  const given = { ...draft({ verb: 'rollback', slot: 'primary', from: 'secondary' }), replaces: build(2) }
  const { id } = system.journal.create(given)
  const { holderOf } = system.journal
  system.parts.journal = {
    ...system.journal,
    holderOf: (slot) => (slot === 'secondary' ? null : holderOf(slot)),
  }
  const { release } = await runToItsEnd(system, id)
  assert.equal(release.state, 'failed')
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

test('a standby that dies after it was found healthy gets no visitor', async () => {
  const system = await yard()
  const before = await system.routing()
  const { health } = system.parts
  const { probe } = health
  let probes = 0
  health.probe = async (slot, signal) => {
    if (slot === 'primary' && ++probes > 3) throw new Error('connection refused')
    return probe(slot, signal)
  }
  const { id } = system.journal.create(draft({ verb: 'rollback', slot: 'primary', from: 'secondary' }))
  const release = await runRelease(system.parts, id, quiet, AbortSignal.timeout(10_000))
  assert.equal(release.steps.find(({ name }) => name === 'health')?.state, 'done')
  assert.deepEqual([release.state, release.error?.code], ['failed', 'standby-unhealthy'])
  assert.deepEqual(await system.routing(), before)
})

/** The first release, which fills both slots, killed when the traffic had moved to primary. */
async function firstKilled(system: Yard): Promise<Release> {
  const { id } = system.journal.create(draft({ slot: 'primary', from: null }))
  system.journal.append(id, { type: 'built', build: build(id) })
  for (const slot of SLOTS) {
    await system.parts.slots.start(
      slot,
      { build: build(id), release: id, runtime: UNRECORDED },
      quiet,
      AbortSignal.timeout(1_000),
    )
  }
  system.journal.append(id, { type: 'step-started', name: 'start' })
  const killed = system.journal.append(id, { type: 'switching' })
  await system.move('primary', id)
  system.acts.length = 0
  return killed
}

test('a first release that ./rollback.sh moved to its other slot is finished there', async () => {
  const system = await yard()
  const killed = await firstKilled(system)
  await system.move('secondary', null)
  const release = await recover(system.parts, killed, quiet)
  assert.equal(release.state, 'live')
  assert.match(
    release.recovery ?? '',
    /it found secondary healthy and finished the release\. nginx confirms it\.$/,
  )
  assert.deepEqual(system.acts, [])
  assert.equal((await system.routing())?.live, 'secondary')
})

test('a first release that is not healthy is let go in both of its slots before they are stopped', async () => {
  const system = await yard()
  const killed = await firstKilled(system)
  system.says.primary = 'degraded'
  const lines: string[] = []
  await recover(withDeadline(system), killed, (line) => lines.push(line))
  const routing = await system.routing()
  assert.deepEqual([routing?.live, routing?.up], [null, []])
  assert.deepEqual(
    lines.filter((line) => line.startsWith('The drain')).map((line) => line.replace(/:.*/, '')),
    ['The drain of primary', 'The drain of secondary'],
  )
  assert.deepEqual(system.acts, ['stop primary', 'stop secondary'])
})

/** A director that waits no longer than this for a slot to come to itself. */
const withDeadline = ({ parts }: Yard): Yard['parts'] => ({
  ...parts,
  settings: { ...parts.settings, healthDeadlineMs: 100 },
})

for (const [when, step] of [
  ['before it was drained', 'drain'],
  ['while it was started', 'start'],
] as const) {
  test(`a slot that Docker can't tell of, ${when}, is out of reach and quiet before it is stopped`, async () => {
    const system = await yard()
    const killed = await killedAt(system, step)
    system.parts.settings.drainCapMs = 10_000
    const busy = keepBusy(system, 'primary', 300)
    const stops: string[] = []
    const { stop } = system.parts.slots
    system.parts.slots.stop = async (...given) => {
      stops.push(`${busy.inFlight} in flight, up: ${(await system.routing())?.up}`)
      return stop(...given)
    }
    system.parts.slots.inspect = async () => {
      throw new ReleaseError('docker-unreachable', { reason: 'it does not answer' })
    }
    await recover(system.parts, killed, quiet)
    assert.deepEqual(stops, ['0 in flight, up: secondary'])
  })
}

test('a barred build that was to be replaced is stopped when it has answered everything', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'drain')
  const actor = { kind: 'host', name: 'ada' } as const
  system.journal.bars.bar({ deploymentId: 'b1', version: '1.0.0' }, null, actor)
  system.parts.settings.drainCapMs = 10_000
  const busy = keepBusy(system, 'primary', 300)
  const stops: number[] = []
  const { stop } = system.parts.slots
  system.parts.slots.stop = (...given) => {
    stops.push(busy.inFlight)
    return stop(...given)
  }
  await recover(system.parts, killed, quiet)
  assert.deepEqual(stops, [0])
})
