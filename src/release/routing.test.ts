import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_ROUTING, nextRouting, withoutSlot } from './routing.ts'

const build = (deploymentId: string | null) => ({
  image: 'i',
  deploymentId,
  version: '1',
  revision: null,
  hasConsole: true,
  madeBy: 1,
})

test('the first routing gives everything to the live slot and names each build once', () => {
  const routing = nextRouting(NO_ROUTING, {
    live: 'primary',
    builds: { primary: build('b1-aa'), secondary: build('b1-aa') },
    bars: [],
    release: 1,
  })
  assert.deepEqual(routing, {
    generation: 1,
    live: 'primary',
    up: ['primary', 'secondary'],
    shares: {},
    pins: [{ deploymentId: 'b1-aa', slot: 'primary' }],
    console: null,
    barred: [],
    release: 1,
  })
})

test('open tabs keep the slot that runs their build', () => {
  const routing = nextRouting(NO_ROUTING, {
    live: 'secondary',
    builds: { primary: build('b1'), secondary: build('b2') },
    bars: [],
    release: 2,
  })
  assert.deepEqual(routing.pins, [
    { deploymentId: 'b2', slot: 'secondary' },
    { deploymentId: 'b1', slot: 'primary' },
  ])
})

test('ids that differ in letter case alone stand once, for the live slot', () => {
  const builds = { primary: build('Abc'), secondary: build('aBC') }
  const { pins } = nextRouting(NO_ROUTING, { live: 'secondary', builds, bars: [], release: 2 })
  assert.deepEqual(pins, [{ deploymentId: 'aBC', slot: 'secondary' }])
})

test('a foreign image without a deployment id is not pinned', () => {
  assert.deepEqual(
    nextRouting(NO_ROUTING, { live: 'primary', builds: { primary: build(null) }, bars: [], release: 1 }).pins,
    [],
  )
})

test('a slot that is to be reused is out of reach for everyone, and the live one goes on', () => {
  const builds = { primary: build('b1'), secondary: build('b2') }
  const routing = nextRouting(NO_ROUTING, { live: 'primary', builds, bars: [], release: 1 })
  assert.deepEqual(withoutSlot(routing, 'secondary', 3), {
    generation: 2,
    live: 'primary',
    up: ['primary'],
    shares: {},
    pins: [{ deploymentId: 'b1', slot: 'primary' }],
    console: null,
    barred: [],
    release: 3,
  })
})

test('the live slot is up also where nobody knows what it runs', () => {
  const builds = { primary: build('b1') }
  const { up, pins } = nextRouting(NO_ROUTING, { live: 'secondary', builds, bars: [], release: 2 })
  assert.deepEqual([up, pins], [['primary', 'secondary'], [{ deploymentId: 'b1', slot: 'primary' }]])
})

const CONSOLES: [
  primary: boolean | null,
  secondary: boolean | null,
  console: 'primary' | 'secondary' | null,
][] = [
  [true, true, null],
  [false, true, 'secondary'],
  [true, false, 'primary'],
  [false, false, null],
  [false, null, null],
]

test('the only slot with a console gets all of /ops, live or not, until the other one is reused', () => {
  const slotBuild = (hasConsole: boolean | null) =>
    hasConsole === null ? undefined : { ...build('b'), hasConsole }
  for (const [primary, secondary, console] of CONSOLES) {
    const builds = { primary: slotBuild(primary), secondary: slotBuild(secondary) }
    for (const live of ['primary', ...(secondary === null ? [] : ['secondary' as const])] as const) {
      const routing = nextRouting(NO_ROUTING, { live, builds, bars: [], release: 1 })
      assert.equal(routing.console, console, `${primary} ${secondary}`)
      assert.equal(withoutSlot(routing, 'secondary', 2).console, null)
    }
  }
})

const barOf = (deploymentId: string) => ({
  ...{ deploymentId, version: '1', reason: null, actor: { kind: 'host' as const, name: 'ada' } },
  at: '2026-03-01T10:00:04.000Z',
})

test('a barred build is out of reach: no pin, not up, no console, whoever writes the next generation', () => {
  const builds = {
    primary: { ...build('b1'), hasConsole: true },
    secondary: { ...build('b2'), hasConsole: false },
  }
  const bars = [barOf('b1'), barOf('b0')]
  const routing = nextRouting(NO_ROUTING, { live: 'secondary', builds, bars, release: 2 })
  assert.deepEqual(routing, {
    generation: 1,
    live: 'secondary',
    up: ['secondary'],
    shares: {},
    pins: [{ deploymentId: 'b2', slot: 'secondary' }],
    console: null,
    barred: ['primary'],
    release: 2,
  })
  const unbarred = nextRouting(routing, { live: 'secondary', builds, bars: [], release: 2 })
  assert.deepEqual(
    [unbarred.up, unbarred.barred, unbarred.console],
    [['primary', 'secondary'], [], 'primary'],
  )
  assert.ok(unbarred.pins.some(({ deploymentId }) => deploymentId === 'b1'))
})

test('the live slot is never taken out, also where a hand led the traffic to a barred build', () => {
  const builds = { primary: build('b1'), secondary: build('b2') }
  const { up, barred } = nextRouting(NO_ROUTING, { live: 'primary', builds, bars: [barOf('b1')], release: 2 })
  assert.deepEqual([up, barred], [['primary', 'secondary'], []])
})
