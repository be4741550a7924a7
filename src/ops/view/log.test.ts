import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appendLines, EMPTY_LOG, lastWords, matching, plain, textOf, toneOf } from './log.ts'

const line = (offset: number, text: string) => ({
  offset,
  at: '2026-01-01T00:00:00.000Z',
  step: 'build',
  text,
})

test('lines that a resumed stream repeats are taken once', () => {
  const first = appendLines(EMPTY_LOG, [line(10, 'one'), line(20, 'two')])
  const second = appendLines(first, [line(20, 'two'), line(30, 'three')])
  assert.deepEqual(
    second.lines.map(({ text }) => text),
    ['one', 'two', 'three'],
  )
  assert.equal(appendLines(second, [line(30, 'three')]), second)
})

test('beyond the cap the oldest lines go, counted', () => {
  const log = appendLines(EMPTY_LOG, [line(1, 'a'), line(2, 'b'), line(3, 'c')], 2)
  assert.deepEqual(
    log.lines.map(({ text }) => text),
    ['b', 'c'],
  )
  assert.equal(log.dropped, 1)
  assert.equal(appendLines(log, [line(4, 'd')], 2).dropped, 2)
})

test('what a step said last is found behind the lines of others', () => {
  const log = appendLines(EMPTY_LOG, [line(1, 'a'), line(2, 'b'), { ...line(3, 'c'), step: 'drain' }])
  assert.equal(lastWords(log, 'build'), 'b')
  assert.equal(lastWords(log, 'start'), null)
})

test('terminal colours and cursor moves are left out', () => {
  assert.equal(plain('\u001b[32m#5\u001b[0m done\r\u001b[2K\tnext'), '#5 done\tnext')
})

test('errors and warnings of build tools are told by their words', () => {
  const cases: [string, string][] = [
    ['#14 ERROR: process did not complete', 'bad'],
    ['#14 12.31 Type error: wrong', 'bad'],
    ['#14 12.31 Failed to compile.', 'bad'],
    ['#9 3.2 npm error code E404', 'bad'],
    ['#9 3.2 npm warn deprecated x', 'warn'],
    ['Warning: slow', 'warn'],
    ['0 errors, 0 warnings', 'quiet'],
  ]
  for (const [text, tone] of cases) assert.equal(toneOf(text), tone, text)
})

test('a filter ignores letter case, and an empty one lets all through', () => {
  const lines = [line(1, 'npm WARN x'), line(2, 'ok')]
  assert.deepEqual(matching(lines, ' warn '), [lines[0]])
  assert.equal(matching(lines, '  '), lines)
})

test('a copied log names time and step', () => {
  assert.equal(
    textOf([line(1, 'one'), line(2, 'two')]),
    '2026-01-01T00:00:00.000Z build one\n2026-01-01T00:00:00.000Z build two',
  )
})
