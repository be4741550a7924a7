import assert from 'node:assert/strict'
import { test } from 'node:test'
import { returnPath } from './return-path.ts'

const CASES: readonly [string | string[] | undefined, string][] = [
  ['/ops/releases/42', '/ops/releases/42'],
  ['/ops/releases?before=42', '/ops/releases?before=42'],
  ['/ops', '/ops'],
  [undefined, '/ops'],
  [['/ops/releases', '/ops'], '/ops'],
  ['/ops/sign-in?next=/ops', '/ops'],
  ['/', '/ops'],
  ['/opsx', '/ops'],
  ['//evil.example/ops', '/ops'],
  ['https://evil.example/ops', '/ops'],
  ['/ops/../../evil', '/ops'],
  ['/ops\n//evil.example', '/ops'],
]

for (const [next, expected] of CASES) {
  test(`after signing in, ${JSON.stringify(next) ?? 'nothing'} leads to ${expected}`, () => {
    assert.equal(returnPath(next), expected)
  })
}
