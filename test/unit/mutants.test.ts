import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MUTANTS } from '../mutants/mutants.ts'

const ROOT = join(import.meta.dirname, '..', '..')

test('every planted fault has its place in the code, exactly once', () => {
  const lost = MUTANTS.flatMap(({ name, changes }) =>
    changes
      .filter(({ file, from }) => readFileSync(join(ROOT, file), 'utf8').split(from).length !== 2)
      .map(({ file, from }) => `${name}: ${file}: ${from}`),
  )
  assert.deepEqual(lost, [])
})

test('every test that is to find a planted fault is there', () => {
  const gone = MUTANTS.flatMap(({ name, killers }) =>
    killers
      .filter(({ title, file }) => title && file && !readFileSync(join(ROOT, file), 'utf8').includes(title))
      .map(({ title }) => `${name}: ${title}`),
  )
  assert.deepEqual(gone, [])
})
