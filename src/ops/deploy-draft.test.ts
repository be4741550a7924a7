import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_DRAFT, readDraft } from './deploy-draft.ts'

test('an untouched form deploys the working tree', () => {
  assert.deepEqual(readDraft(EMPTY_DRAFT), {
    is: 'complete',
    request: { source: { kind: 'tree' }, label: null, note: null },
  })
})

test('a ref is trimmed and label and note go with it', () => {
  const draft = { ...EMPTY_DRAFT, kind: 'ref' as const, ref: ' main ', label: '1.5.0', note: ' Faster ' }
  assert.deepEqual(readDraft(draft), {
    is: 'complete',
    request: { source: { kind: 'ref', ref: 'main' }, label: '1.5.0', note: 'Faster' },
  })
})

test('an image may be said to have no console', () => {
  const draft = { ...EMPTY_DRAFT, kind: 'image' as const, image: 'app:3', hasConsole: false }
  assert.deepEqual(readDraft(draft), {
    is: 'complete',
    request: { source: { kind: 'image', image: 'app:3', hasConsole: false }, label: null, note: null },
  })
})

test('a kept build goes by its deployment id', () => {
  const draft = { ...EMPTY_DRAFT, kind: 'build' as const, build: 'b7-1a2b3c4' }
  assert.deepEqual(readDraft(draft), {
    is: 'complete',
    request: { source: { kind: 'build', build: 'b7-1a2b3c4' }, label: null, note: null },
  })
  assert.deepEqual(readDraft({ ...draft, build: '' }), { is: 'missing', what: 'Choose a build.' })
})

test('what is missing is named', () => {
  assert.deepEqual(readDraft({ ...EMPTY_DRAFT, kind: 'ref' }), { is: 'missing', what: 'Enter a git ref.' })
  assert.deepEqual(readDraft({ ...EMPTY_DRAFT, kind: 'image' }), { is: 'missing', what: 'Enter an image.' })
})

test('a label that no image tag could carry is refused in words', () => {
  assert.deepEqual(readDraft({ ...EMPTY_DRAFT, label: 'not a label!' }), {
    is: 'wrong',
    labelProblem: 'A version label is up to 64 letters, digits, dots, dashes and underscores.',
  })
})
