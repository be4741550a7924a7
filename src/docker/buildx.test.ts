import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ReleaseError } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import type { BuildContext } from './build-context.ts'
import { buildImage, buildProblem, failureDetail } from './buildx.ts'

/** A build whose archive is what the shell runs as `archive`, and whose docker is the shell's `docker`; what it says when it fails. */
async function failureWith(archive: string, docker: string, signal = AbortSignal.timeout(20_000)) {
  const directory = mkdtempSync(join(tmpdir(), 'buildx-'))
  after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'docker'), `#!/bin/sh\n${docker}\n`)
  chmodSync(join(directory, 'docker'), 0o755)
  const project = { directory, name: 'shop', environment: { PATH: `${directory}:/usr/bin:/bin` } }
  const context: BuildContext = {
    argv: ['sh', '-c', archive],
    revision: null,
    changedHash: null,
    version: '1.0.0',
    words: 'a test',
  }
  const empty = { buildArguments: {}, labels: {}, secrets: {} }
  try {
    const build = { context, tag: 'shop:b1', timeoutMs: 20_000, ...empty }
    await buildImage(
      project,
      build,
      (text) => text,
      () => undefined,
      signal,
    )
  } catch (error) {
    assert.ok(error instanceof ReleaseError)
    return describeError(error, '').what
  }
  throw new Error('It was expected to fail, but did not.')
}

const FAILING = "echo 'fatal: unable to read tree' >&2; exit 128"

test('an archive that fails is what is told, whatever the build makes of the rest', async () => {
  const told = 'The build failed: the files to build could not be read: fatal: unable to read tree.'
  assert.equal(await failureWith(FAILING, 'cat > /dev/null; exec sleep 20'), told)
  assert.equal(await failureWith(FAILING, "cat > /dev/null; echo 'ERROR: unexpected EOF' >&2; exit 1"), told)
  assert.equal(
    await failureWith(`head -c 1000000 /dev/zero; ${FAILING}`, 'cat > /dev/null; exec sleep 20'),
    told,
  )
})

test('a build that does not read its archive is told in its own words', async () => {
  const archive = 'trap "exit 2" PIPE; head -c 20000000 /dev/zero || exit 2'
  for (let turn = 0; turn < 10; turn++) {
    assert.equal(
      await failureWith(archive, "echo 'ERROR: no builder' >&2; exec <&-; sleep 0.1; exit 1"),
      'The build failed: no builder.',
    )
  }
})

test('an abort is told as one, with who did it', async () => {
  const abort = AbortSignal.abort(new ReleaseError('aborted', { who: 'Ada' }))
  assert.equal(await failureWith(FAILING, 'cat > /dev/null', abort), 'The release was aborted by Ada.')
})

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

test('of a long instruction the last program is shown', () => {
  const line = `ERROR: failed to solve: process "/bin/sh -c ${'export A=1; '.repeat(40)}npm ci" did not complete successfully: exit code: 7`
  assert.equal(buildProblem([line], 1), '`… npm ci` ended with exit code 7')
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
