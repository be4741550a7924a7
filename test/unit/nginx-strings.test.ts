import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

/**
 * nginx reads the variables of a string twice, once for its length and once for its words. Where a `map` with a regular expression
 * changes a capture in between, or a variable is made anew each time, versions before 1.30.6 write past the end of what they
 * took (CVE-2026-42533, -42945, -9256, -93479). These rules can't, whatever the version.
 */
const root = join(import.meta.dirname, '..', '..')
const files = globSync('nginx/*.conf', { cwd: root }).map((file) => ({
  file,
  lines: readFileSync(join(root, file), 'utf8')
    .split('\n')
    .map((line) => line.replace(/^\s*#.*/, '')),
}))
const lines = files.flatMap(({ file, lines: all }) =>
  all.map((line, index) => ({ at: `${file}:${index + 1}`, line })),
)
const found = (pattern: RegExp) => lines.filter(({ line }) => pattern.test(line))

test('nothing is rewritten, and no capture goes by its number', () => {
  assert.deepEqual(found(/^\s*rewrite\s/), [])
  assert.deepEqual(found(/\$\{?[1-9]/), [])
})

test('a named capture stands only in the line that makes it, and with no variable but itself', () => {
  const names = lines.flatMap(({ line }) => [...line.matchAll(/\(\?<(\w+)>/g)].map(([, name = '']) => name))
  assert.equal(new Set(names).size, names.length, 'each name is made once')
  for (const name of names) {
    const uses = found(new RegExp(`\\$\\{?${name}\\b`))
    assert.equal(uses.length, 1, name)
    const { line, at } = uses[0] ?? { line: '', at: '' }
    assert.ok(line.includes(`(?<${name}>`), `${at} is another line than makes $${name}`)
    const value = line.slice(line.lastIndexOf(')')).replace(/set \$\w+/, '')
    assert.deepEqual(
      [...value.matchAll(/\$\w+/g)].map(([word]) => word),
      [`$${name}`],
      at,
    )
  }
})

test('what is made anew each time is part of no string that a rule makes', () => {
  const text = files.map(({ lines: all }) => all.join('\n')).join('\n')
  const volatile = [...text.matchAll(/^map [^{]*\$(\w+) \{\n\s*volatile;/gm)].map(([, name]) => name)
  assert.ok(volatile.length > 5, 'some are')
  const rules = found(/^\s*(?:set|if|try_files|proxy_pass|alias|root|return)\b/)
  const inRules = rules.filter(({ line }) =>
    volatile.some((name) => new RegExp(`\\$\\{?${name}\\b`).test(line)),
  )
  assert.deepEqual(inRules, [])
})
