import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoutingState } from '../release/ports.ts'
import { flagsOf, renderState, routingStateSchema } from './generation.ts'

const state: RoutingState = {
  generation: 7,
  live: 'primary',
  up: ['primary', 'secondary'],
  shares: {},
  pins: [
    { deploymentId: 'b42-1a2b3c4', slot: 'primary' },
    { deploymentId: 'b41-0000000', slot: 'secondary' },
  ],
  console: null,
  barred: [],
  release: 12,
}

test('the flags name the live slot, the slots that are up, and the builds that run', () => {
  assert.deepEqual(flagsOf(state), [
    'dpl-b41-0000000-secondary',
    'dpl-b42-1a2b3c4-primary',
    'live-primary',
    'up-primary',
    'up-secondary',
  ])
})

test('a slot that is not up gets no flag, whatever its pins and shares say', () => {
  assert.deepEqual(flagsOf({ ...state, up: ['primary'], shares: { secondary: 50 } }), [
    'dpl-b42-1a2b3c4-primary',
    'live-primary',
    'up-primary',
  ])
})

test('a share is as many buckets, from 00 on, so that a growing share keeps its visitors', () => {
  const buckets = (percent: number) =>
    flagsOf({ ...state, pins: [], shares: { secondary: percent } }).filter((flag) => flag.startsWith('b'))
  assert.deepEqual(buckets(3), ['b00-secondary', 'b01-secondary', 'b02-secondary'])
  assert.equal(buckets(100).length, 100)
  assert.equal(buckets(100).at(-1), 'b99-secondary')
  assert.deepEqual(buckets(20).slice(0, 3), buckets(3))
  assert.ok(flagsOf({ ...state, shares: { secondary: 1 } }).includes('canary'))
})

test('a share of the live slot is no canary', () => {
  assert.deepEqual(flagsOf({ ...state, pins: [], shares: { primary: 10 } }), [
    'live-primary',
    'up-primary',
    'up-secondary',
  ])
})

test('the only console has a flag while its slot is up', () => {
  const flags = (up: RoutingState['up']) => flagsOf({ ...state, up, pins: [], console: 'secondary' })
  assert.deepEqual(flags(['primary', 'secondary']), [
    'console-secondary',
    'live-primary',
    'up-primary',
    'up-secondary',
  ])
  assert.deepEqual(flags(['primary']), ['live-primary', 'up-primary'])
})

test('a generation that says nothing of consoles and bars is read as before', () => {
  const { console: _, barred: __, ...before } = state
  assert.deepEqual(routingStateSchema.parse(before), state)
})

test('nothing is live before the first release', () => {
  assert.deepEqual(flagsOf({ ...state, live: null, up: [], pins: [] }), [])
})

test('state.json has one key and one pin a line, and reads back as it was', () => {
  assert.equal(
    renderState(state),
    `{
  "generation": 7,
  "live": "primary",
  "up": ["primary","secondary"],
  "shares": {},
  "pins": [
    {"deploymentId":"b42-1a2b3c4","slot":"primary"},
    {"deploymentId":"b41-0000000","slot":"secondary"}
  ],
  "console": null,
  "release": 12
}
`,
  )
  const other: RoutingState = {
    ...state,
    ...{ pins: [], live: null, release: null, shares: { secondary: 5 }, console: 'secondary' },
  }
  for (const one of [state, other]) {
    assert.deepEqual(routingStateSchema.parse(JSON.parse(renderState(one))), one)
  }
})

const REFUSED: readonly [string, unknown, string][] = [
  ['a live slot that is not up', { ...state, up: ['secondary'] }, 'the live slot primary is not up'],
  ['a slot that is up twice', { ...state, up: ['primary', 'primary'] }, 'a slot is up twice'],
  [
    'shares above a hundred',
    { ...state, shares: { primary: 60, secondary: 50 } },
    'the shares add up to 110 percent',
  ],
  [
    'an id that is pinned twice but for letter case',
    {
      ...state,
      pins: [
        { deploymentId: 'B1', slot: 'primary' },
        { deploymentId: 'b1', slot: 'secondary' },
      ],
    },
    'a deployment id is pinned twice',
  ],
  [
    'an id that leads out of the directory',
    { ...state, pins: [{ deploymentId: '../x', slot: 'primary' }] },
    'must be 1 to 64 letters, digits, - or _',
  ],
  [
    'half a percent',
    { ...state, shares: { secondary: 0.5 } },
    'Invalid input: expected int, received number',
  ],
  [
    'a slot of another name',
    { ...state, live: 'primary; }' },
    'Invalid option: expected one of "primary"|"secondary"',
  ],
]

for (const [what, value, sentence] of REFUSED) {
  test(`refused: ${what}`, () => {
    const parsed = routingStateSchema.safeParse(value)
    assert.equal(parsed.error?.issues[0]?.message, sentence)
  })
}

test('a barred slot stands on a line of its own, which only a generation with one has', () => {
  assert.equal(renderState(state).includes('barred'), false)
  const barred: RoutingState = { ...state, up: ['primary'], pins: [], barred: ['secondary'] }
  assert.match(renderState(barred), /^ {2}"barred": \["secondary"\],$/m)
  assert.deepEqual(routingStateSchema.parse(JSON.parse(renderState(barred))), barred)
  const { error } = routingStateSchema.safeParse({ ...barred, up: ['primary', 'secondary'] })
  assert.equal(error?.issues[0]?.message, 'the barred slot secondary is up')
})
