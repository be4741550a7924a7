import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { parseEnvironment, valuesIn } from './parse.ts'

const parse = (text: string) => parseEnvironment(Buffer.from(text))
const wordsOf = (text: string): string[] =>
  parse(text).problems.map(({ line, name, what }) => `${line} ${name ?? '-'}: ${what}`)

const LIKE_VARIABLES = `\${HOME}/$USER`
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq+/hkiG9w0=\n-----END PRIVATE KEY-----\n'

/** What is written, and what the program gets. */
const VALUES: readonly (readonly [title: string, written: string, value: string])[] = [
  ['a bcrypt hash', 'V=$2a$10$bY3ZpvQN/nTF', '$2a$10$bY3ZpvQN/nTF'],
  ['two dollars', 'V=a$$b', 'a$$b'],
  ['what looks like a variable', `V=${LIKE_VARIABLES}`, LIKE_VARIABLES],
  ['a variable in double quotes', `V="${LIKE_VARIABLES}"`, LIKE_VARIABLES],
  ['a variable in single quotes', `V='${LIKE_VARIABLES}'`, LIKE_VARIABLES],
  ['a # within a word', 'V=pa#ss', 'pa#ss'],
  ['a # at the beginning', 'V=#fff', '#fff'],
  ['a comment', 'V=x # why', 'x'],
  ['a comment and no value', 'V= # why', ''],
  ['a # in quotes', 'V="a # b" # why', 'a # b'],
  ['equals signs', 'V=a=b==', 'a=b=='],
  ['space within', 'V=a b  c', 'a b  c'],
  ['space around', 'V=  a b \t ', 'a b'],
  ['space around, in quotes', 'V = "  a b  "', '  a b  '],
  ['a backslash', 'V=C:\\new\\table', 'C:\\new\\table'],
  ['\\n without quotes', 'V=a\\nb', 'a\\nb'],
  ['\\n in single quotes', "V='a\\nb'", 'a\\nb'],
  ['\\n in double quotes', 'V="a\\nb"', 'a\nb'],
  ['a backslash and n in double quotes', 'V="a\\\\nb"', 'a\\nb'],
  ['\\r in double quotes', 'V="a\\r"', 'a\r'],
  ['another backslash in double quotes', 'V="a\\tb"', 'a\\tb'],
  ['an escaped quote', 'V="say \\"hi\\""', 'say "hi"'],
  ['an escaped dollar', 'V="\\$x"', '$x'],
  ['a backslash at the end of single quotes', "V='C:\\'", 'C:\\'],
  ['quotes within a word', `V=it's "so"`, `it's "so"`],
  ['double quotes in single ones', `V='{"a":"b # c"}'`, '{"a":"b # c"}'],
  ['single quotes in double ones', `V="it's"`, "it's"],
  ['JSON', 'V={"a": ["b", 1], "c": "$d"}', '{"a": ["b", 1], "c": "$d"}'],
  ['several lines', `V="a\n b\n\nc"`, 'a\n b\n\nc'],
  ['a key in PEM', `V="${PEM}"`, PEM],
  ['a key in PEM, in single quotes', `V='${PEM}'`, PEM],
  ['no value', 'V=', ''],
  ['empty quotes', 'V=""', ''],
  ['export', 'export V=a', 'a'],
  ['white space before', '\t V=a', 'a'],
  ['other writing', 'V=Grüße 雪 🚢', 'Grüße 雪 🚢'],
  ['a space that is none of ASCII', 'V=\u00a0a\u00a0', '\u00a0a\u00a0'],
  ['a URL', 'V=postgres://u:p%40$s@db:5432/a?ssl=true&x=#1', 'postgres://u:p%40$s@db:5432/a?ssl=true&x=#1'],
]

for (const [title, written, value] of VALUES) {
  test(`${title}: ${JSON.stringify(written).slice(0, 60)}`, () => {
    for (const text of [written, `${written}\n`, `\uFEFF# first\nA=1\n${written}\nZ=2\n`]) {
      assert.deepEqual(wordsOf(text), [])
      assert.equal(valuesIn(parse(text)).get('V'), value)
    }
    const windows = `A=1\r\n${written.replaceAll('\n', '\r\n')}\r\nZ=2\r\n`
    assert.deepEqual(
      [...valuesIn(parse(windows))],
      [
        ['A', '1'],
        ['V', value],
        ['Z', '2'],
      ],
    )
  })
}

const NAMELESS =
  'it is not NAME=value. A name has letters, digits and _ . - and begins with no digit; a value of several lines needs quotes'

/** What is written, and what is said of it. */
const PROBLEMS: readonly (readonly [title: string, written: string, ...words: string[]])[] = [
  ['no equals sign', 'A=1\nhunter2\n', `2 -: ${NAMELESS}`],
  ['a name with a space', 'MY KEY=hunter2', `1 -: ${NAMELESS}`],
  ['a name that begins with a digit', '2FA=hunter2', `1 -: ${NAMELESS}`],
  ['a name that is missing', '=hunter2', `1 -: ${NAMELESS}`],
  ['YAML', 'T: hunter2', `1 -: ${NAMELESS}`],
  ['a key in PEM without quotes', `T=${PEM}`, `2 -: ${NAMELESS}`, `3 -: ${NAMELESS}`],
  ['a double quote that is not closed', 'A=1\nT="hunter2\nB=2\n', '2 T: its value has no closing "'],
  ['a single quote that is not closed', "T='hunter2", "1 T: its value has no closing '"],
  ['one that a backslash keeps open', 'T="hunter2\\"', '1 T: its value has no closing "'],
  ['text behind a quote', `T='it''s'\nA b`, '1 T: something follows its closing quote', `2 -: ${NAMELESS}`],
  ['a backtick', 'T=`hunter2`', '1 T: its value begins with `, which some read as a quote: put it in quotes'],
  [
    'a # in JSON without quotes',
    'T={"a": "b # c"}',
    '1 T: it is not clear whether the # in it begins a comment: put the value in quotes',
  ],
  ['NUL', 'T=a\0b', '1 T: its value holds a NUL, which no environment can hold'],
  [
    'a carriage return that ends no line',
    'T=a\rU=b',
    '1 T: its value holds a carriage return: write it as \\r, in double quotes',
  ],
  [
    'a value that is too long',
    `A=1\nT=${'x'.repeat(128 * 1024)}`,
    '2 T: it is longer than the 128 KiB that Linux allows',
  ],
]

for (const [title, written, ...words] of PROBLEMS) {
  test(`${title} is named by line, and nothing of the value is`, () => {
    assert.deepEqual(wordsOf(written), words)
    assert.ok(!words.join().includes('hunter2'))
  })
}

test('bytes that are no text are named by their line', () => {
  const { problems } = parseEnvironment(Buffer.from([0x41, 0x3d, 0x31, 0x0a, 0x54, 0x3d, 0xff, 0x0a]))
  assert.deepEqual(problems, [{ line: 2, name: null, what: 'it holds bytes that are not UTF-8' }])
})

test('the last of several lines for a name counts', () => {
  assert.equal(valuesIn(parse('A=1\nB=2\nA=3\n')).get('A'), '3')
})

test('a file of a megabyte within one quote is read at once', () => {
  const value = 'x\n'.repeat(60_000)
  assert.equal(valuesIn(parse(`A='${value}'\nB=1`)).get('A'), value)
  assert.equal(parse(`A='${value.repeat(8)}`).problems.length, 1)
})

test('where a value is there and has neither # nor backslash nor quote in it, Node reads the same', () => {
  const character = fc.constantFrom(...'abcXYZ019$${}()[]=:;,.!?*&|<>%^~-_+/@ éß雪')
  // `A= ` and then `B=` is to Node an A of `B=`.
  const value = fc.string({ unit: character, maxLength: 30 }).filter((text) => text.trim() !== '')
  fc.assert(
    fc.property(fc.array(value, { maxLength: 8 }), fc.constantFrom('', '"', "'"), (values, quote) => {
      const text = values.map((each, index) => `V${index}=${quote}${each}${quote}\n`).join('')
      assert.deepEqual({ ...Object.fromEntries(valuesIn(parse(text))) }, { ...parseEnv(text) })
    }),
  )
})

test('whatever the file holds, it is read or refused, and refusals show none of it', () => {
  const piece = fc.constantFrom(
    'A',
    'B=',
    '"',
    "'",
    '\\',
    '#',
    ' ',
    '\n',
    '\r\n',
    '$',
    '=',
    '`',
    'export ',
    'é',
    '\0',
  )
  fc.assert(
    fc.property(fc.string({ unit: piece, maxLength: 60 }), (text) => {
      const { variables, problems } = parse(text)
      const lines = text.split('\n').length
      assert.ok([...variables, ...problems].every(({ line }) => line >= 1 && line <= lines))
    }),
  )
})
