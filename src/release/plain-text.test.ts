import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hiddenIn, plainText } from './plain-text.ts'
import { deployRequestSchema } from './release.ts'

const HIDDEN = [
  ...[0x00, 0x07, 0x09, 0x0a, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f],
  ...[0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
]

test('control characters and marks of direction are refused, and named', () => {
  for (const code of HIDDEN) {
    const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
    const sentence = `Leave out control characters and marks of direction: it holds ${name}.`
    assert.equal(hiddenIn(`fix${String.fromCodePoint(code)}ed`), sentence)
  }
  assert.match(hiddenIn('half \ud83d') ?? '', /it holds U\+D83D\.$/)
})

test('what nobody sees is refused, and named', () => {
  for (const code of [
    ...[
      0xad, 0x34f, 0x115f, 0x1160, 0x180e, 0x200b, 0x2060, 0x2064, 0x206a, 0x206f, 0x3164, 0xffa0, 0xfff9,
      0xfffb,
    ],
    ...[0xfdd0, 0xfffe, 0xffff, 0x1fffe, 0xe0000, 0xe0001, 0xe0041, 0xe007f],
  ]) {
    const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
    const sentence = `Leave out characters that nobody sees: it holds ${name}.`
    assert.equal(hiddenIn(`fix${String.fromCodePoint(code)}ed`), sentence)
  }
})

test('letters of any script pass, and pictures', () => {
  for (const text of [
    '',
    'Straße',
    'مرحبا',
    'שלום',
    '京都',
    '🚂',
    '👩‍🚀',
    '❤️',
    'می‌خواهم',
    'क्‍ष',
    '한국어',
    '葛\u{e0100}城',
    'a – b … c',
    'a\u00a0b',
  ]) {
    assert.equal(hiddenIn(text), null, text)
  }
})

test('the first thing that is wrong is what is said, and other checks still count', () => {
  const schema = plainText().max(3, 'At most three.')
  assert.equal(schema.safeParse('a\u0000').error?.issues[0]?.message, hiddenIn('\u0000'))
  assert.equal(schema.safeParse('abcd').error?.issues[0]?.message, 'At most three.')
  assert.equal(schema.parse('abc'), 'abc')
})

test('every text of a deploy is looked at', () => {
  const bad = 'a\u202eb'
  for (const request of [
    { source: { kind: 'ref', ref: bad } },
    { source: { kind: 'image', image: bad } },
    { source: { kind: 'tree' }, label: bad },
    { source: { kind: 'tree' }, note: bad },
    { source: { kind: 'tree' }, despiteFreeze: bad },
  ]) {
    const issue = deployRequestSchema.safeParse(request).error?.issues[0]
    assert.equal(issue?.message, hiddenIn(bad), JSON.stringify(request))
  }
})
