import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { turns } from './turns.ts'

/** Turns on a clock of the test's own, and the order in which they came. */
function clocked(limits: Parameters<typeof turns>[0]) {
  let nowMs = 0
  mock.timers.enable({ apis: ['setTimeout'] })
  const turn = turns(limits, () => nowMs)
  const begun: number[] = []
  return {
    begun,
    ask: (id: number, takesPlace = true) => turn.ask(() => begun.push(id), { takesPlace }),
    pass: (ms: number) => {
      nowMs += ms
      mock.timers.tick(ms)
    },
    close: () => mock.timers.reset(),
  }
}

test('a burst begins at once, and what is beyond it at the pace, in the order that it came', () => {
  const { ask, begun, pass, close } = clocked({ atOnce: 100, perSecond: 10, burst: 3 })
  for (let id = 1; id <= 6; id++) ask(id)
  assert.deepEqual(begun, [1, 2, 3])
  pass(100)
  assert.deepEqual(begun, [1, 2, 3, 4])
  pass(100)
  pass(100)
  assert.deepEqual(begun, [1, 2, 3, 4, 5, 6])
  close()
})

test('no more than so many are under way, and who has gone gives its turn to the next', () => {
  const { ask, begun, close } = clocked({ atOnce: 2, perSecond: 10, burst: 100 })
  const ends = [1, 2, 3, 4, 5].map((id) => ask(id))
  assert.deepEqual(begun, [1, 2])
  ends[2]?.()
  ends[0]?.()
  ends[0]?.()
  assert.deepEqual(begun, [1, 2, 4], 'the third had gone before its turn came')
  ends[1]?.()
  assert.deepEqual(begun, [1, 2, 4, 5])
  close()
})

test('what takes no place keeps nobody from theirs', () => {
  const { ask, begun, close } = clocked({ atOnce: 1, perSecond: 10, burst: 100 })
  ask(1, false)
  ask(2, false)
  ask(3)
  ask(4)
  assert.deepEqual(begun, [1, 2, 3])
  close()
})
