import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planRelease } from '../../src/release/plan.ts'
import { allCells, chosenCells, coverCount, sampled } from '../faults/cells.ts'
import { FAULTS } from '../faults/faults.ts'
import { missingPoints, numbered, type Points } from '../faults/points.ts'

const facts = { slot: 'secondary', from: 'primary' } as const
const passed = (names: readonly string[]) => names.flatMap((name) => [`${name}:started`, `${name}:ended`])
const deploy = planRelease({ ...facts, verb: 'deploy', source: 'image' }).map(({ name }) => name)
const rollback = planRelease({ ...facts, verb: 'rollback', source: 'standby' }).map(({ name }) => name)
const POINTS: Points = {
  deploy: [
    'created',
    ...passed(deploy),
    'build:built',
    'preflight:runtime',
    'switch:switching',
    'record:live',
  ],
  rollback: ['created', ...passed(rollback), 'switch:switching', 'record:live'],
}

test('every fault meets every point, but for those that say where they can not strike', () => {
  const cells = allCells(POINTS, FAULTS)
  assert.equal(new Set(cells.map(({ id }) => id)).size, cells.length)
  const points = POINTS.deploy.length + POINTS.rollback.length
  const oneWithNext = deploy.length - 1 + rollback.length - 1
  for (const { name, meets, isOfJournal } of FAULTS) {
    const count = cells.filter(({ fault }) => fault === name).length
    const most = isOfJournal ? points : points - oneWithNext
    if (meets) assert.ok(count > 0 && count < most, name)
    else assert.equal(count, most, name)
  }
})

test('a fault that is not about the last entry of the journal strikes once where a step ends and the next begins', () => {
  const struck = (name: string) =>
    allCells(POINTS, FAULTS)
      .filter(({ fault }) => fault === name)
      .map(({ verb, point }) => `${verb}/${point}`)
  const pair = ['deploy/preflight:ended', 'deploy/build:started']
  assert.deepEqual(
    struck('kill').filter((point) => pair.includes(point)),
    pair,
  )
  assert.deepEqual(
    struck('paused').filter((point) => pair.includes(point)),
    ['deploy/build:started'],
  )
  assert.ok(struck('paused').includes('rollback/record:ended'))
})

test('cells are chosen by their ids, in which a star stands for anything', () => {
  const cells = allCells(POINTS, FAULTS)
  const ids = (globs: string[]) => chosenCells(cells, globs).map(({ id }) => id)
  assert.deepEqual(ids(['deploy/switch:started/kill']), ['deploy/switch:started/kill'])
  assert.deepEqual(ids(['*/confirm:ended/kill', 'rollback/created/term']), [
    'deploy/confirm:ended/kill',
    'rollback/created/term',
    'rollback/confirm:ended/kill',
  ])
  assert.deepEqual(ids(['deploy/switch.started/kill']), [])
})

test('a sample brings every fault and every point before it brings anything twice', () => {
  const cells = allCells(POINTS, FAULTS)
  for (const seed of [1, 2, 3]) {
    const sample = sampled(cells, seed)
    const cover = sample.slice(0, coverCount(cells, seed))
    assert.equal(sample.length, cells.length)
    assert.deepEqual(new Set(cover.map(({ fault }) => fault)), new Set(FAULTS.map(({ name }) => name)))
    const points = (list: typeof cells) => new Set(list.map(({ verb, point }) => `${verb}/${point}`))
    assert.deepEqual(points(cover), points(cells))
    assert.ok(cover.length <= points(cells).size + FAULTS.length)
    assert.deepEqual(sampled(cells, seed), sample)
  }
  assert.notDeepEqual(sampled(cells, 1), sampled(cells, 2))
})

test('a step or an event that no clean release passes is missed', () => {
  assert.deepEqual(missingPoints(POINTS), [])
  const without = (name: string): Points => ({
    ...POINTS,
    deploy: POINTS.deploy.filter((point) => point !== name),
  })
  assert.deepEqual(missingPoints(without('drain:ended')), [
    'A clean deploy passes no point drain:ended, which its plan promises.',
  ])
  assert.deepEqual(missingPoints(without('build:built')), ['No clean release writes the event "built".'])
})

test('what comes again within a release is told by its number', () => {
  assert.deepEqual(numbered(['a', 'b', 'a', 'a']), ['a', 'b', 'a#2', 'a#3'])
})
