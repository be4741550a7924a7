import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildProblem } from './buildx.ts'

test('the instruction that failed is named, with its exit code', () => {
  const lines = [
    '#9 ERROR: process "/bin/sh -c npm run build" did not complete successfully: exit code: 1',
    'ERROR: failed to solve: process "/bin/sh -c npm run build" did not complete successfully: exit code: 1',
  ]
  assert.equal(buildProblem(lines, 1), '`npm run build` ended with exit code 1')
})

test('of a long instruction the end is shown', () => {
  const line = `ERROR: failed to solve: process "/bin/sh -c ${'export A=1; '.repeat(40)}npm ci" did not complete successfully: exit code: 7`
  assert.match(buildProblem([line], 1), /^`….{114}npm ci` ended with exit code 7$/)
})

test("other failures are told in BuildKit's words", () => {
  assert.equal(
    buildProblem(
      [
        'ERROR: failed to solve: failed to read dockerfile: open Dockerfile.runtime: no such file or directory',
      ],
      1,
    ),
    'failed to read dockerfile: open Dockerfile.runtime: no such file or directory',
  )
  assert.equal(buildProblem([], 125), 'docker buildx ended with exit code 125')
})
