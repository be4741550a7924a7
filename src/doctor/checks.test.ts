import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CHECKS } from './checks.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/doctor.md'), 'utf8')

test('docs/doctor.md has a row for each check, in order, and no other', () => {
  const rows = page.split('\n').filter((line) => /^\| (?!check )/.test(line))
  assert.deepEqual(
    rows,
    CHECKS.map(({ name, about, fix }) => `| ${name} | ${about} | ${fix} |`),
  )
})

test('no two checks have one name', () => {
  assert.equal(new Set(CHECKS.map(({ name }) => name)).size, CHECKS.length)
})
