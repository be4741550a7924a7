import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ReleaseError } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import { buildImage, buildProblem, failureDetail } from './buildx.ts'
import type { Archive } from './source/build-context.ts'

/** A build whose archive is what the shell runs as `archive`, and whose docker is the shell's `docker`; what it says when it fails. */
async function failureWith(archive: string, docker: string, signal = AbortSignal.timeout(20_000)) {
  const directory = mkdtempSync(join(tmpdir(), 'buildx-'))
  after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'docker'), `#!/bin/sh\n${docker}\n`)
  chmodSync(join(directory, 'docker'), 0o755)
  const project = { directory, name: 'shop', environment: { PATH: `${directory}:/usr/bin:/bin` } }
  const archived = (): Archive => ({ argv: ['sh', '-c', archive], cwd: directory })
  const empty = { buildArguments: {}, labels: {}, secrets: {} }
  try {
    const build = { archive: archived, target: 'slot', tag: 'shop:b1', timeoutMs: 20_000, ...empty }
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

test('where the app does not build, it is told that `next build` failed', () => {
  const run = [
    'if [ -s /run/ca.pem ]; then export NODE_EXTRA_CA_CERTS=/run/ca.pem; fi;     export NEXT_DEPLOYMENT_ID="$DEPLOYMENT_ID" NEXT_TELEMETRY_DISABLED=1;    ',
    'if [ -s /run/build.env ]; then settings=--env-file=/run/build.env; fi;     mkdir -p public;     node $settings scripts/build.mjs',
  ].join(' ')
  const told = '`next build` ended with exit code 1'
  assert.equal(
    buildProblem(
      [`ERROR: failed to solve: process "/bin/sh -c ${run}" did not complete successfully: exit code: 1`],
      1,
    ),
    told,
  )
  assert.equal(
    buildProblem([`ERROR: failed to solve: executor failed running [/bin/sh -c ${run}]: exit code: 1`], 1),
    told,
  )
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
    '#8 CACHED',
    '#7 1.168 two',
    '#7 ERROR: executor failed',
    '------',
    ' > [2/2]:',
    '1.168 two',
    'ERROR: x',
  ]
  assert.equal(failureDetail(lines), 'one\ntwo')
  assert.equal(failureDetail(['ERROR: no Dockerfile']), 'ERROR: no Dockerfile')
  assert.equal(failureDetail(['#7 1.168', '#7 1.2 three']), '\nthree')
})

test('a step that wrote nothing is named', () => {
  const lines = [
    '#7 DONE 0.1s',
    '#8 [build 1/2] COPY nothing .',
    '#8 ERROR: "/nothing" not found: not found',
    '------',
    'ERROR: x',
  ]
  assert.equal(failureDetail(lines), '[build 1/2] COPY nothing .')
})

/** As Docker 20.10 told of a page that lacked a bracket; the instruction is shortened. */
const SYNTAX_ERROR = `#7 [deps 4/4] RUN npm ci --cache /npm-cache --no-audit --no-fund
#7 CACHED
#8 [build 1/2] COPY . .
#8 DONE 0.4s
#9 [build 2/2] RUN --mount=type=secret,id=ca,target=/run/ca.pem     node $settings scripts/build.mjs
#9 0.533 next build runs on core 1 of 0-1; BUILD_CPUS is how many it may have.
#9 1.789 ▲ Next.js 16.4.6 (Turbopack)
#9 1.887
#9 1.908   Creating an optimized production build ...
#9 43.61
#9 43.62 > Build error occurred
#9 43.62 Error: Turbopack build failed with 1 error:
#9 43.62 ./src/app/(site)/page.tsx:27:7
#9 43.62 Error: Expression expected
#9 43.62   25 |       <Yard page={here} /
#9 43.62   26 |
#9 43.62 > 27 |       <section aria-labelledby="try" className="mt-16">
#9 43.62      |       ^
#9 43.62
#9 43.62 Parsing ecmascript source code failed
#9 43.62
#9 43.62
#9 43.62     at <unknown> (https://nextjs.org/docs/messages/module-not-found)
#9 43.62     at ignore-listed frames
#9 ERROR: executor failed running [/bin/sh -c node $settings scripts/build.mjs]: exit code: 1
------
 > [build 2/2] RUN node $settings scripts/build.mjs:
43.62
43.62     at ignore-listed frames
------
ERROR: failed to solve: executor failed running [/bin/sh -c node $settings scripts/build.mjs]: exit code: 1`

test("the detail of an app that does not build ends with Next's own words for what is wrong", () => {
  assert.equal(
    failureDetail(SYNTAX_ERROR.split('\n')),
    `next build runs on core 1 of 0-1; BUILD_CPUS is how many it may have.
▲ Next.js 16.4.6 (Turbopack)

  Creating an optimized production build ...

> Build error occurred
Error: Turbopack build failed with 1 error:
./src/app/(site)/page.tsx:27:7
Error: Expression expected
  25 |       <Yard page={here} /
  26 |
> 27 |       <section aria-labelledby="try" className="mt-16">
     |       ^

Parsing ecmascript source code failed`,
  )
})
