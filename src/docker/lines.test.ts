import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanLine, lineSplitter, MAX_LINE_LENGTH } from './lines.ts'

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = []
  const splitter = lineSplitter((line) => lines.push(line))
  for (const chunk of chunks) splitter.write(Buffer.from(chunk))
  splitter.end()
  return lines
}

test('lines are cut at every kind of line end, and empty ones are left out', () => {
  assert.deepEqual(split('one\ntwo\r\n\nthree\rfour'), ['one', 'two', 'three', 'four'])
})

test('a line that comes in pieces is one line, also where a letter is cut', () => {
  const bytes = Buffer.from('grün\n')
  assert.deepEqual(split('ro', 't und ', bytes.subarray(0, 3), bytes.subarray(3)), ['rot und grün'])
})

test('colours, control characters and turned text are taken out', () => {
  assert.equal(
    cleanLine(
      '\u001b[31mred\u001b[0m \u0007bell\u0000 \u001b]8;;http://x\u0007link\u001b]8;;\u0007 \u202eevil\ttab ',
    ),
    'red bell link evil  tab',
  )
})

test('an endless line is cut and holds no more memory than that', () => {
  const [line, ...rest] = split(...Array.from({ length: 200 }, () => 'x'.repeat(1000)), '\nnext\n')
  assert.equal(line, `${'x'.repeat(MAX_LINE_LENGTH)}…`)
  assert.deepEqual(rest, ['next'])
})
