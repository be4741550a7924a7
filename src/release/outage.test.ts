import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDue, isWorthAWord, type Look, type Outage, outageAfter } from './outage.ts'

const LIMIT_MS = 5_000

/** A look of `tookMs` at `atMs`: silence, with a healthy standby. */
const silent = (atMs: number, changes: Partial<Look> = {}, tookMs = 1): Look => ({
  ...{ slot: 'primary', startedMs: atMs, endedMs: atMs + tookMs, isAnswered: false, standbyProblem: null },
  ...changes,
})

/** Looks of the usual pace from `fromMs` to `toMs`. */
function looks(fromMs: number, toMs: number, changes: Partial<Look> = {}): Look[] {
  const count = Math.floor((toMs - fromMs) / 500) + 1
  return Array.from({ length: count }, (_, index) => silent(fromMs + index * 500, changes))
}

const after = (all: readonly (Look | null)[]): Outage | null =>
  all.reduce((outage: Outage | null, look) => outageAfter(outage, look), null)

const sick = { standbyProblem: 'secondary is not healthy either.' }

const CASES: [string, (Look | null)[], boolean][] = [
  ['silent for the whole time', looks(0, 5_000), true],
  ['silent for not quite that long', looks(0, 4_500), false],
  [
    'back within the time, as after a restart by Docker',
    [...looks(0, 4_000), silent(4_500, { isAnswered: true })],
    false,
  ],
  [
    'gone again after an answer',
    [...looks(0, 4_500), silent(5_000, { isAnswered: true }), ...looks(5_500, 9_500)],
    false,
  ],
  [
    'silent at looks that each took their whole deadline',
    [0, 2_500, 5_000].map((at) => silent(at, {}, 2_000)),
    true,
  ],
  ['silent at two looks, however long they took', [silent(0, {}, 4_900), silent(5_400, {}, 4_900)], false],
  ['silent before and after a pause of the director', [...looks(0, 2_000), ...looks(60_000, 61_000)], false],
  ['silent for the whole time after such a pause', [...looks(0, 2_000), ...looks(60_000, 65_000)], true],
  [
    'silent at a look in which the director was paused',
    [...looks(0, 4_500), silent(5_000, {}, 60_000)],
    false,
  ],
  ['silent while another release was under way', [...looks(0, 4_500), null, ...looks(5_500, 6_500)], false],
  ['another slot by now', [...looks(0, 4_500), ...looks(5_000, 6_000, { slot: 'secondary' })], false],
  ['down together with the standby', looks(0, 60_000, sick), false],
  [
    'down, and the standby has only just come back',
    [...looks(0, 8_000, sick), ...looks(8_500, 10_000)],
    false,
  ],
  [
    'down, and the standby has been back for the time',
    [...looks(0, 8_000, sick), ...looks(8_500, 13_500)],
    true,
  ],
  [
    'down, and the standby was gone in between',
    [...looks(0, 4_000), silent(4_500, sick), ...looks(5_000, 7_000)],
    false,
  ],
]

for (const [name, all, expected] of CASES) {
  test(`a live slot that is ${name} is ${expected ? '' : 'not '}to be left`, () => {
    const outage = after(all)
    assert.equal(outage !== null && isDue(outage, LIMIT_MS), expected)
  })
}

test('a limit that is shorter than three looks waits for them all the same', () => {
  assert.deepEqual(
    [1, 2, 3].map((count) => {
      const outage = after(looks(0, (count - 1) * 500))
      return outage !== null && isDue(outage, 1)
    }),
    [false, false, true],
  )
})

test('one look without an answer is not worth a word', () => {
  const words = [0, 500, 1_000].map((toMs) => after(looks(0, toMs)))
  assert.deepEqual(
    words.map((outage) => outage !== null && isWorthAWord(outage)),
    [false, false, true],
  )
})
