import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { composeLines, fromComposeLines } from './compose-quotes.ts'

test('each value is one line, in double quotes', () => {
  const values = new Map([
    ['HASH', '$2a$10$x'],
    ['KEY', 'a\nb\r\n'],
    ['PATH_', 'C:\\new\\'],
    ['SAID', `"it's"`],
    ['EMPTY', ''],
  ])
  assert.equal(
    composeLines(values),
    [
      'HASH="$$2a$$10$$x"',
      'KEY="a\\nb\\r\\n"',
      'PATH_="C:\\0134new\\0134"',
      `SAID="\\0042it's\\0042"`,
      'EMPTY=""',
      '',
    ].join('\n'),
  )
})

test('what is written is read back, whatever it is', () => {
  const value = fc.string({
    unit: fc.constantFrom(...'$\\"\'`# =\n\r{}n0134', '\u2028', 'é', '$$', '\\n'),
    maxLength: 30,
  })
  fc.assert(
    fc.property(fc.array(fc.oneof(value, fc.string({ unit: 'binary' })), { maxLength: 6 }), (values) => {
      const named = new Map(values.map((each, index) => [`V_${index}`, each]))
      assert.deepEqual([...fromComposeLines(composeLines(named))], [...named])
    }),
  )
})
