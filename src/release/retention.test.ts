import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { daysAgo, endedRelease, image, inventory, NOW_MS } from '../../test/fixtures/stored.ts'
import { build } from '../../test/fixtures/yard.ts'
import type { Inventory, StoredImage } from './ports.ts'
import { decide, type RetentionFacts } from './retention.ts'

const NUMBERS = [1, 2, 3, 4, 5, 6]

/** Releases 1 to 6, one every ten days, the newest a day ago: 6 is live, 5 stands by, and one more is kept. */
function facts(stored: Partial<Inventory> = {}, changes: Partial<RetentionFacts> = {}): RetentionFacts {
  const images = NUMBERS.map((number) => image(number))
  return {
    inventory: inventory({ images, ...stored }),
    releases: NUMBERS.map((id) => endedRelease(id, 61 - id * 10)).reverse(),
    holds: [
      { ...build(6), why: 'Visitors get it from secondary.' },
      { ...build(5), why: 'primary holds it, to roll back to.' },
    ],
    stays: new Map(),
    bars: [],
    keep: { builds: 1, days: 15 },
    nowMs: NOW_MS,
    ...changes,
  }
}

const words = ({ kept, going }: ReturnType<typeof decide>) => ({
  kept: kept.map(({ build: { version }, why }) => `${version}: ${why}`),
  going: going.map(({ build: { version }, why }) => `${version}: ${why}`),
})

const with_ = (number: number, changes: Parameters<typeof image>[1]) =>
  NUMBERS.map((other) => image(other, other === number ? changes : {}))

const isFree = (stored: StoredImage | undefined): boolean =>
  stored?.usedBy.length === 0 && (stored.isLabelled || stored.otherTags.length > 0)

const bar = (number: number) => ({
  ...{ deploymentId: `b${number}`, version: `${number}.0.0`, reason: null, at: daysAgo(1) },
  actor: { kind: 'host' as const, name: 'ada' },
})

test('live, standby and the last ones stay, older ones go by age, the oldest first', () => {
  assert.deepEqual(words(decide(facts())), {
    kept: [
      '6.0.0: Visitors get it from secondary.',
      '5.0.0: primary holds it, to roll back to.',
      '4.0.0: It is the newest of the former builds.',
    ],
    going: [
      '1.0.0: It was last live 41 days ago.',
      '2.0.0: It was last live 31 days ago.',
      '3.0.0: It was last live 21 days ago.',
    ],
  })
})

test('a build counts from when it was last live, not from its deploy', () => {
  const { kept } = words(decide(facts({}, { keep: { builds: 0, days: 12 } })))
  assert.deepEqual(kept.slice(2), ['4.0.0: It was last live 11 days ago; it goes after 12 days.'])
})

for (const [name, number, given, why] of [
  [
    'what a stopped container of anybody is made from',
    1,
    { images: with_(1, { usedBy: ['a-stranger'] }) },
    'The container a-stranger is made from it.',
  ],
  [
    'what has no label of ours and no other name',
    2,
    { images: with_(2, { isLabelled: false }) },
    'It carries no label of this project, and its last name is ours: it is for its owner to remove.',
  ],
] as const) {
  test(`${name} stays`, () => {
    const { kept } = words(decide(facts(given)))
    assert.ok(kept.includes(`${number}.0.0: ${why}`), kept.join('\n'))
  })
}

test('a clock that was wrong for a while makes no build old, and takes none from the last ones', () => {
  const releases = facts().releases.map((release) =>
    release.id === 5 ? { ...release, endedAt: '2000-01-01T00:00:00.000Z' } : release,
  )
  const { kept } = words(decide(facts({}, { releases })))
  assert.ok(kept.includes('4.0.0: It is the newest of the former builds.'), kept.join(' '))
  const young = words(decide(facts({}, { releases, keep: { builds: 0, days: 22 } })))
  assert.ok(
    young.kept.includes('4.0.0: It was last live 21 days ago; it goes after 22 days.'),
    young.kept.join(' '),
  )
})

test('what Docker did not let go stays, in its words', () => {
  const { kept } = words(decide(facts({}, { stays: new Map([['sha256:1', 'It is being used.']]) })))
  assert.equal(kept.at(-1), '1.0.0: It is being used.')
})

test('a name that others gave keeps the image, so ours goes and frees nothing', () => {
  const given = facts({ images: with_(1, { isLabelled: false, otherTags: ['registry/shop:7'] }) })
  assert.deepEqual(decide(given).going.map(({ build: { version, bytes } }) => [version, bytes])[0], [
    '1.0.0',
    0,
  ])
})

test('a barred build takes no place among the last ones', () => {
  const { kept, going } = words(decide(facts({}, { bars: [bar(4)] })))
  assert.equal(kept.at(-1), '3.0.0: It is the newest of the former builds.')
  assert.ok(kept.includes('4.0.0: It is barred. It was last live 11 days ago; it goes after 15 days.'))
  assert.equal(going.length, 2)
})

test('one that never was live goes once a later release is', () => {
  const releases = [endedRelease(7, 0.5, 'failed'), ...facts().releases]
  const images = [...facts().inventory.images, image(7, { createdAt: daysAgo(0.5) })]
  const before = words(decide(facts({ images }, { releases })))
  assert.equal(before.kept[1], '7.0.0: It never was live; it goes when a later release is.')
  const after = words(decide(facts({ images }, { releases: [endedRelease(9, 0.1), ...releases] })))
  assert.equal(after.going.at(-1), '7.0.0: It never was live, and release 9 has been since.')
})

test('one that no release knows is kept while somebody may be about to deploy it', () => {
  const after = (days: number, missingBytes = 0) => {
    const images = [image(6), image(8, { createdAt: daysAgo(days) })]
    const { kept, going } = words(decide(facts({ images, missingBytes })))
    return going[0] ?? kept.find((line) => line.startsWith('b8'))
  }
  assert.equal(after(0.01, 1), 'b8: It was made just now.')
  const waits = 'No release knows it, and it was made 3 days ago; it goes after 15 days.'
  assert.equal(after(3), `b8: ${waits}`)
  assert.equal(after(3, 1), `b8: The disk is short of room. ${waits}`)
  assert.equal(after(15), 'b8: No release knows it, and it was made 15 days ago.')
})

test('what has lost its name goes after an hour, and not while it may be in the making', () => {
  const nameless = { ownTags: [], deploymentId: null, bytes: 5 }
  const images = [
    image(20, { ...nameless, createdAt: daysAgo(0) }),
    image(21, { ...nameless, createdAt: daysAgo(1) }),
  ]
  assert.deepEqual(words(decide(facts({ images }))), {
    kept: ['unknown: It was made just now, and has no name yet.'],
    going: ['unknown: It has lost its name.'],
  })
})

test('a build that is held stays even where its image has lost its name', () => {
  const images = [image(6, { ownTags: [], createdAt: daysAgo(9) })]
  assert.deepEqual(words(decide(facts({ images }))).kept, ['b6: Visitors get it from secondary.'])
})

test('on a short disk the oldest go before their time, only as many as it takes, and never the last ones', () => {
  const keep = { builds: 1, days: 365 }
  const going = (missingBytes: number) => words(decide(facts({ missingBytes }, { keep }))).going
  assert.deepEqual(going(0), [])
  assert.deepEqual(going(101), [
    '1.0.0: The disk is short of room. It was last live 41 days ago; it goes after 365 days.',
    '2.0.0: The disk is short of room. It was last live 31 days ago; it goes after 365 days.',
  ])
  assert.equal(going(1e9).length, 3)
})

test('static files that outlived their image go by the same rule, and those of no release are not ours', () => {
  const assets = ['b1', 'b4', 'b6', 'not-of-a-release'].map((deploymentId) => ({ deploymentId, bytes: 7 }))
  const decision = decide(facts({ images: [image(6)], assets }))
  assert.deepEqual(
    decision.going.map(({ build: { deploymentId, image, bytes } }) => [deploymentId, image, bytes]),
    [['b1', null, 7]],
  )
})

test('a log stays as long as its build, and the last fifty in any case', () => {
  const releases = Array.from({ length: 60 }, (_, index) => endedRelease(60 - index, index))
  const logs = [1, 3, 9, 10, 11, 60, 99].map((release) => ({ release, bytes: 1 }))
  const images = [image(3), image(60)]
  const holds = [{ ...build(3), why: 'Somebody keeps it.' }]
  assert.deepEqual(decide(facts({ images, logs }, { releases, holds })).logs, [1, 9, 10])
})

test('nothing that is held ever goes, and a short disk takes no more than it must', () => {
  const anyImage = fc.record({
    otherTags: fc.constantFrom([], ['stranger:1']),
    isLabelled: fc.boolean(),
    usedBy: fc.constantFrom([], [], ['somebody']),
    bytes: fc.integer({ min: 0, max: 1_000 }),
  })
  const anything = fc.record({
    images: fc.array(anyImage, { minLength: 1, maxLength: 12 }),
    states: fc.array(fc.constantFrom('live', 'live', 'failed', 'aborted', 'preparing'), {
      minLength: 12,
      maxLength: 12,
    } as const),
    held: fc.uniqueArray(fc.integer({ min: 1, max: 12 })),
    barred: fc.uniqueArray(fc.integer({ min: 1, max: 12 })),
    builds: fc.integer({ min: 0, max: 6 }),
    days: fc.integer({ min: 0, max: 20 }),
    missingBytes: fc.integer({ min: 0, max: 5_000 }),
  })
  fc.assert(
    fc.property(anything, ({ images, states, held, barred, builds, days, missingBytes }) => {
      const stored = images.map((changes, index) => image(index + 1, changes))
      const given = facts(
        { images: stored, missingBytes },
        {
          releases: states.map((state, index) => endedRelease(index + 1, 12 - index, state)).reverse(),
          holds: held.map((number) => ({ ...build(number), why: 'Held.' })),
          bars: barred.map(bar),
          keep: { builds, days },
        },
      )
      const { kept, going } = decide(given)
      assert.equal(kept.length + going.length, stored.length)
      for (const { build } of going) {
        assert.ok(!held.some((number) => build.image?.ownTags.includes(`shop:${number}`)), 'held')
        assert.deepEqual(build.image?.usedBy, [])
        assert.ok(build.image?.isLabelled || build.image?.otherTags.length === 1, 'not ours')
      }
      const unpressed = decide({ ...given, inventory: { ...given.inventory, missingBytes: 0 } }).going
      const forced = going.filter(({ build: { version } }) =>
        unpressed.every((other) => other.build.version !== version),
      )
      const freed = going.reduce((sum, { build }) => sum + build.bytes, 0)
      const last = forced.at(-1)
      if (last) assert.ok(freed - last.build.bytes < missingBytes, 'more than it takes')
      const promised = stored
        .map((_, index) => index + 1)
        .filter(
          (number) => states[number - 1] === 'live' && !held.includes(number) && !barred.includes(number),
        )
        .filter((number) => isFree(stored[number - 1]))
        .toReversed()
        .slice(0, builds)
      for (const number of promised) {
        assert.ok(
          kept.some(({ build: { version } }) => version === `${number}.0.0`),
          'one of the last goes',
        )
      }
    }),
    { numRuns: 2_000 },
  )
})
