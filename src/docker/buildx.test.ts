import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildProblem, failureDetail } from './buildx.ts'

test('the instruction that failed is named, with its exit code', () => {
  const lines = [
    '#9 ERROR: process "/bin/sh -c npm run build" did not complete successfully: exit code: 1',
    'ERROR: failed to solve: process "/bin/sh -c npm run build" did not complete successfully: exit code: 1',
  ]
  assert.equal(buildProblem(lines, 1), '`npm run build` ended with exit code 1')
})

test('Docker 20.10 words it in its own way', () => {
  const frame =
    'ERROR: failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0:'
  assert.equal(
    buildProblem([`${frame} executor failed running [/bin/sh -c npm run build]: exit code: 1`], 1),
    '`npm run build` ended with exit code 1',
  )
  assert.equal(
    buildProblem(
      [
        `${frame} failed to read dockerfile: open /var/lib/docker/tmp/buildkit-mount123/Dockerfile.runtime: no such file or directory`,
      ],
      1,
    ),
    'failed to read dockerfile: open Dockerfile.runtime: no such file or directory',
  )
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

test('the detail is the output of the step that failed, once', () => {
  const lines = [
    '#6 DONE 0.1s',
    '#7 0.5 one',
    '#7 1.168 two',
    '#7 ERROR: executor failed',
    '------',
    ' > [2/2]:',
    '1.168 two',
    'ERROR: x',
  ]
  assert.equal(failureDetail(lines), '#6 DONE 0.1s\none\ntwo')
  assert.equal(failureDetail(['ERROR: no Dockerfile']), 'ERROR: no Dockerfile')
})
