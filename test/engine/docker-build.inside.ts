import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import Docker from 'dockerode'
import { z } from 'zod'
import { dockerBuilder } from '../../src/docker/build.ts'
import { BUILD_LABEL } from '../../src/docker/building/build-container.ts'
import { removePackages } from '../../src/docker/building/packages.ts'
import { describeProject } from '../../src/docker/project.ts'
import { ReleaseError } from '../../src/release/errors.ts'
import { APP_ENV, ARRIVES } from '../fixtures/app-env.ts'
import { buildSlotImage } from '../fixtures/slot-image.ts'
import {
  commitAll,
  deadline,
  FORMER_DOCKERFILE,
  freshProject,
  gitIn,
  INSTALLING_DOCKERFILE,
  NAME,
  NODE_IMAGE,
  PORTS,
  sentenceOf,
  sweep,
  writeBuildScript,
  writeIn,
} from './docker-project.ts'

const docker = new Docker()
const project = await freshProject(docker)
const { directory } = project
const options = {
  docker,
  project,
  nodeImage: NODE_IMAGE,
  buildCpus: '',
  buildMemoryBytes: 256 * 1024 ** 2,
  allowedImages: '',
  caPath: join(directory, 'state/secrets/ca.pem'),
  bars: { list: () => [] },
}
const builder = dockerBuilder(options)
const silent = (): undefined => undefined

after(() => sweep(docker))

const obtainTree = (release: number, label: string | null = null, log: (line: string) => void = silent) =>
  builder.obtain({ source: { kind: 'tree' }, release, label }, log, deadline())

/** Runs a program in an image; what it wrote. */
const inImage = (image: string, ...argv: string[]): string =>
  execFileSync('docker', ['run', '--rm', '--network=none', image, ...argv], { encoding: 'utf8' })

const imageSchema = z.object({
  Id: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()), Env: z.array(z.string()) }),
})
const inspect = async (image: string) => imageSchema.parse(await docker.getImage(image).inspect())

test('the working tree as committed is built under its own tag, with its id, version and revision baked in', async () => {
  const revision = gitIn(directory, 'rev-parse', 'HEAD')
  const id = `b1-${revision.slice(0, 7)}`
  const lines: string[] = []
  const build = await obtainTree(1, null, (line) => lines.push(line))
  assert.deepEqual(build, {
    image: `switchyard/${NAME}:${id}`,
    deploymentId: id,
    version: `1.2.0-${revision.slice(0, 7)}`,
    revision,
    hasConsole: true,
    madeBy: 1,
  })
  const { Id, Config } = await inspect(build.image)
  assert.equal(Config.Labels['io.switchyard.project'], NAME)
  assert.equal(Config.Labels['io.switchyard.deployment-id'], id)
  assert.equal(Config.Labels['org.opencontainers.image.version'], build.version)
  assert.equal(Config.Labels['org.opencontainers.image.revision'], revision)
  assert.ok(Config.Env.includes(`SWITCHYARD_DEPLOYMENT_ID=${id}`))
  assert.equal(
    lines[0],
    `Building ${build.image} from 6 files of the working tree at ${revision.slice(0, 7)}.`,
  )
  assert.equal(lines.at(-1), `Built ${build.image}, ${Id}.`)
  assert.ok(
    lines.some((line) => line.includes('./page.txt')),
    'the output of the build is in the log',
  )
})

test('a changed tree is built with its changes, without secrets and state, whatever modes the files have', async () => {
  writeIn(directory, 'page.txt', 'changed page\n')
  writeIn(directory, 'new.txt', 'new\n')
  writeIn(directory, 'ignored.txt', 'ignored\n')
  writeIn(directory, 'app.env', 'TOKEN=run-time-secret\n')
  writeIn(directory, 'nginx/live/current/state.json', '{}')
  writeIn(directory, 'node_modules/x/index.js', 'x')
  chmodSync(join(directory, 'page.txt'), 0o600)
  const build = await obtainTree(2, '2.0.0')
  assert.match(build.deploymentId ?? '', /^b2-[0-9a-f]{7}-[0-9a-f]{8}$/)
  assert.equal(build.version, '2.0.0')
  const files = inImage(build.image, 'find', '.', '-type', 'f').trim().split('\n').sort()
  assert.deepEqual(files, [
    './.gitignore',
    './Dockerfile.runtime',
    './build.sh',
    './docker-compose.release.yml',
    './new.txt',
    './package.json',
    './page.txt',
  ])
  assert.equal(
    inImage(build.image, 'setpriv', '--reuid=1000', '--clear-groups', 'cat', 'page.txt'),
    'changed page\n',
  )
})

test('another change gets another id, and a file that was deleted does not stop the build', async () => {
  gitIn(directory, 'rm', '--quiet', '--cached', 'page.txt')
  renameSync(join(directory, 'page.txt'), join(directory, 'renamed.txt'))
  gitIn(directory, 'reset', '--quiet')
  const build = await obtainTree(2)
  const names = inImage(build.image, 'ls').split('\n')
  assert.ok(names.includes('renamed.txt') && !names.includes('page.txt'))
  renameSync(join(directory, 'renamed.txt'), join(directory, 'page.txt'))
})

test('a tag is never used twice: the same tree of the same release gets a number', async () => {
  const first = await obtainTree(3)
  const second = await obtainTree(3)
  assert.equal(second.deploymentId, `${first.deploymentId}-2`)
  assert.ok(
    (await inspect(second.image)).Config.Env.includes(`SWITCHYARD_DEPLOYMENT_ID=${second.deploymentId}`),
  )
})

test('a ref is built as it was committed, found by branch, tag and hash', async () => {
  gitIn(directory, 'checkout', '--quiet', '--', 'page.txt')
  const first = gitIn(directory, 'rev-parse', 'HEAD')
  gitIn(directory, 'tag', 'v1')
  writeIn(directory, 'app.build.env', 'BUILD_TOKEN=committed-by-mistake\n')
  gitIn(directory, 'add', '--force', 'app.build.env')
  writeIn(directory, 'page.txt', 'second page\n')
  const second = commitAll(directory, 'Second')
  for (const [release, ref, revision, page] of [
    [4, 'v1', first, 'first page\n'],
    [5, 'main', second, 'second page\n'],
    [6, second.slice(0, 10), second, 'second page\n'],
  ] as const) {
    assert.equal(
      await builder.check({ kind: 'ref', ref }, deadline()),
      `${ref} will be built: commit ${revision.slice(0, 7)}.`,
    )
    const build = await builder.obtain(
      { source: { kind: 'ref', ref }, release, label: null },
      silent,
      deadline(),
    )
    assert.equal(build.deploymentId, `b${release}-${revision.slice(0, 7)}`)
    assert.equal(build.revision, revision)
    assert.equal(inImage(build.image, 'cat', 'page.txt'), page)
    assert.ok(!inImage(build.image, 'ls', '-a').includes('app.build.env'), 'a committed secret stays out')
  }
})

test('a commit whose files can not be read is told in the words of git, not as an abort', async () => {
  const blob = gitIn(directory, 'rev-parse', 'main:page.txt')
  const object = join(directory, '.git/objects', blob.slice(0, 2), blob.slice(2))
  renameSync(object, `${object}.away`)
  const obtained = builder.obtain(
    { source: { kind: 'ref', ref: 'main' }, release: 7, label: null },
    silent,
    deadline(),
  )
  const { sentence } = await sentenceOf(obtained)
  renameSync(`${object}.away`, object)
  assert.match(
    sentence,
    /^The build failed: the files to build could not be read: (error|fatal): .*[0-9a-f]{40}.*\.$/,
  )
})

for (const ref of ['nowhere', '--upload-pack=touch /tmp/x', 'main:page.txt', 'main; id', '']) {
  test(`the ref ${JSON.stringify(ref)} is unknown`, async () => {
    const expected = `The project has no git ref "${ref}".`
    assert.equal((await sentenceOf(builder.check({ kind: 'ref', ref }, deadline()))).sentence, expected)
    const obtained = builder.obtain(
      { source: { kind: 'ref', ref }, release: 7, label: null },
      silent,
      deadline(),
    )
    assert.equal((await sentenceOf(obtained)).sentence, expected)
  })
}

test('build secrets reach the build, and neither image nor log', async () => {
  writeIn(directory, 'app.build.env', `BUILD_TOKEN=opensesame-opensesame\n${APP_ENV}`)
  writeIn(directory, 'state/secrets/ca.pem', 'certificate\n')
  const assign =
    "Object.assign(process.env, JSON.parse(require('fs').readFileSync('/run/build_values', 'utf8')))"
  writeBuildScript(
    directory,
    `cat /run/build_values /run/ca.pem; node -e "${assign}; process.stdout.write(JSON.stringify(process.env))" > proof.txt`,
  )
  const lines: string[] = []
  const build = await obtainTree(8, null, (line) => lines.push(line))
  const built: unknown = JSON.parse(inImage(build.image, 'cat', 'proof.txt'))
  for (const [name, value] of Object.entries(ARRIVES)) assert.equal(Object(built)[name], value, name)
  const { SWITCHYARD_VERSION, SWITCHYARD_REVISION } = Object(built)
  assert.deepEqual([SWITCHYARD_VERSION, SWITCHYARD_REVISION], [build.version, build.revision])
  assert.ok(!/build_values|ca\.pem/.test(inImage(build.image, 'ls', '/run', '/app')))
  assert.ok(lines.some((line) => line.includes('"BUILD_TOKEN":"[BUILD_TOKEN]"')))
  assert.ok(lines.some((line) => line.includes('certificate')))
  assert.ok(!lines.some((line) => line.includes('opensesame')))
  const history = execFileSync('docker', ['history', '--no-trunc', build.image], { encoding: 'utf8' })
  assert.ok(!history.includes('opensesame'))
})

test('a build that fails says which instruction, shows its last lines and leaves no tag', async () => {
  writeBuildScript(
    directory,
    "for i in $(seq 1 50); do echo line $i; done; printf '\\033[31mType error: no\\033[0m'; exit 3",
  )
  const { sentence, detail } = await sentenceOf(obtainTree(9))
  assert.match(sentence, /^The build failed: `sh build\.sh` ended with exit code 3\.$/)
  const lines = (detail ?? '').split('\n')
  assert.ok(lines.length <= 30)
  assert.deepEqual(lines.slice(-3), ['line 49', 'line 50', 'Type error: no'])
  assert.deepEqual(await docker.listImages({ filters: { reference: [`switchyard/${NAME}:b9-*`] } }), [])
})

test('a missing Dockerfile is told in its own words', async () => {
  renameSync(join(directory, 'Dockerfile.runtime'), join(directory, 'Elsewhere'))
  const { sentence } = await sentenceOf(obtainTree(10))
  renameSync(join(directory, 'Elsewhere'), join(directory, 'Dockerfile.runtime'))
  assert.match(
    sentence,
    /^The build failed: failed to read dockerfile: open Dockerfile\.runtime: no such file or directory\.$/,
  )
})

test('an abort really stops the build: its program falls silent', async () => {
  const beats = beatCounter()
  await beats.listen()
  try {
    writeIn(directory, 'beat.mjs', BEAT)
    writeBuildScript(directory, 'exec node beat.mjs')
    const abort = new AbortController()
    const building = builder.obtain(
      { source: { kind: 'tree' }, release: 11, label: null },
      silent,
      abort.signal,
    )
    await Promise.race([beats.heard(3), building])
    const startedMs = performance.now()
    abort.abort(new ReleaseError('aborted', { who: 'Ada' }))
    assert.equal((await sentenceOf(building)).sentence, 'The release was aborted by Ada.')
    assert.ok(performance.now() - startedMs < 5_000, 'it ends at once')
    await beats.silent()
    assert.deepEqual(await docker.listImages({ filters: { reference: [`switchyard/${NAME}:b11-*`] } }), [])
  } finally {
    rmSync(join(directory, 'beat.mjs'), { force: true })
    beats.close()
  }
})

/** What builds make for themselves and must not leave. */
async function leftovers(): Promise<string[]> {
  const filters = { label: [`${BUILD_LABEL}=${NAME}`] }
  const containers = await docker.listContainers({ all: true, filters })
  const images = await docker.listImages({ filters })
  return [...containers, ...images].map(({ Id }) => Id)
}

for (const [what, script, sentence] of [
  [
    'needs more memory than it may have',
    'node -e "const kept = []; for (;;) kept.push(Buffer.alloc(16 * 1024 ** 2, 1))"',
    'The build was killed: `sh build.sh` needed more memory than the 256 MiB that a build may have.',
  ],
  [
    'has a worker that needs too much, and ends by itself',
    'node -e "const kept = []; for (;;) kept.push(Buffer.alloc(16 * 1024 ** 2, 1))" || exit 1',
    'The build was killed: `sh build.sh` needed more memory than the 256 MiB that a build may have.',
  ],
  [
    'runs out of heap',
    'node --max-old-space-size=16 -e "const kept = []; for (;;) kept.push({ kept: [] })"',
    'The build was killed: `sh build.sh` ran out of memory for JavaScript, of the 256 MiB that a build may have.',
  ],
  [
    'is ended by a signal',
    'kill -9 $$',
    'The build was killed: `sh build.sh` was ended by SIGKILL, as Linux does where the machine has no memory left, or somebody.',
  ],
  [
    'finds the disk full',
    'echo "Error: ENOSPC: no space left on device, write"; exit 1',
    'The build failed: `sh build.sh` found the disk full.',
  ],
] as const) {
  test(`a build that ${what} is told as that, and leaves nothing`, async () => {
    writeBuildScript(directory, script)
    assert.equal((await sentenceOf(obtainTree(14))).sentence, sentence)
    assert.deepEqual(await leftovers(), [])
  })
}

test('a build runs without root and without powers, within its memory, and finds what the one before has kept', async () => {
  const kept = `${randomUUID()}`
  const inside =
    'id -u; grep -E "^(NoNewPrivs|CapEff)" /proc/self/status; cat .next/cache/kept; echo heap $BUILD_HEAP_MIB'
  const linesOf = async (script: string): Promise<string[]> => {
    const lines: string[] = []
    writeBuildScript(directory, script)
    await obtainTree(15, null, (line) => lines.push(line))
    return lines
  }
  await linesOf(`echo ${kept} > .next/cache/kept`)
  const lines = await linesOf(inside)
  const from = lines.indexOf('1000')
  assert.deepEqual(lines.slice(from, from + 5), [
    '1000',
    'CapEff:  0000000000000000',
    'NoNewPrivs:  1',
    kept,
    'heap 192',
  ])
})

test('what a killed director left of a build is gone with the next one', async () => {
  const left = await docker.createContainer({
    Image: NODE_IMAGE,
    Cmd: ['sleep', '600'],
    Labels: { [BUILD_LABEL]: NAME },
  })
  await left.start()
  await left.commit({ repo: `switchyard-build/${NAME}`, tag: 'left' })
  writeIn(directory, 'state/build/build-x/npmrc', 'secret')
  writeBuildScript(directory, 'true')
  await obtainTree(16)
  assert.deepEqual(await leftovers(), [])
  assert.deepEqual(readdirSync(join(directory, 'state/build')), [])
})

test('a Dockerfile of before is built as it is, and it is said that nothing limits it', async () => {
  const path = join(directory, 'Dockerfile.runtime')
  const now = readFileSync(path, 'utf8')
  writeIn(directory, 'Dockerfile.runtime', FORMER_DOCKERFILE)
  writeBuildScript(directory, 'true')
  const lines: string[] = []
  try {
    const build = await obtainTree(17, null, (line) => lines.push(line))
    assert.ok(inImage(build.image, 'ls').includes('page.txt'))
    writeBuildScript(directory, 'kill -9 $$')
    assert.equal(
      (await sentenceOf(obtainTree(17))).sentence,
      'The build was killed: `sh build.sh` was ended by SIGKILL, as Linux does where the machine has no memory left, or somebody.',
    )
  } finally {
    writeIn(directory, 'Dockerfile.runtime', now)
  }
  assert.equal(
    lines[1],
    'Dockerfile.runtime has no stage "source", so this build has no memory limit of its own.',
  )
})

test('a token of .npmrc reaches the build as a secret alone, and its settings as a file', async () => {
  const token = '//npm.example/:_authToken=$\u007bNPM_TOKEN}'
  writeIn(directory, '.npmrc', `legacy-peer-deps=true\n${token}\n//b.example/:_authToken=in-the-file\n`)
  writeIn(directory, 'app.build.env', 'NPM_TOKEN=npm_0123456789\n')
  writeBuildScript(directory, 'cat .npmrc; cat /run/npmrc; sha256sum /run/npmrc > proof.txt')
  const lines: string[] = []
  try {
    const build = await obtainTree(18, null, (line) => lines.push(line))
    assert.equal(inImage(build.image, 'cat', '.npmrc'), 'legacy-peer-deps=true\n')
    assert.match(inImage(build.image, 'cat', 'proof.txt'), /^[0-9a-f]{64} /)
    assert.ok(lines.includes('//npm.example/:_authToken=[NPM_TOKEN]'))
    assert.ok(lines.includes('//b.example/:_authToken=[.npmrc _authToken]'))
    assert.ok(!lines.some((line) => /npm_0123|in-the-file/.test(line)))
    const history = execFileSync('docker', ['history', '--no-trunc', build.image], { encoding: 'utf8' })
    assert.ok(!/npm_0123|in-the-file/.test(history))
  } finally {
    rmSync(join(directory, '.npmrc'))
    rmSync(join(directory, 'app.build.env'))
  }
})

test('packages are installed in a container with the same limit, once for what an install reads', async () => {
  const sound = readFileSync(join(directory, 'Dockerfile.runtime'), 'utf8')
  const built = async (release: number): Promise<{ packages: string; lines: string[] }> => {
    const lines: string[] = []
    const { image } = await obtainTree(release, null, (line) => lines.push(line))
    return { packages: inImage(image, 'cat', 'packages.txt'), lines }
  }
  const isThere = 'The packages are there: an install would read what it has read before.'
  const ending = 'for (;;) kept.push(Buffer.alloc(16 * 1024 ** 2, 1))'
  try {
    writeIn(directory, 'Dockerfile.runtime', INSTALLING_DOCKERFILE)
    writeIn(directory, '.npmrc', '//b.example/:_authToken=opensesame-opensesame\n')
    writeBuildScript(directory, 'cat packages.txt')
    const install = (script: string): void =>
      writeIn(directory, 'install.sh', `# ${randomUUID()}\n${script}\n`)
    install(
      'sha256sum /run/npmrc; [ -e /run/build_values ] || echo no values; echo kept >> /npm-cache/kept; id -u; cat /proc/sys/kernel/random/uuid > packages.txt',
    )
    const first = await built(60)
    assert.ok(first.lines.includes('Installing the packages (npm ci).') && first.lines.includes('1000'))
    assert.ok(first.lines.some((line) => /^[0-9a-f]{64} {2}\/run\/npmrc$/.test(line)))
    assert.ok(first.lines.includes('no values'), 'app.build.env is for the app')
    writeIn(directory, 'page.txt', 'another page\n')
    const second = await built(61)
    assert.ok(second.lines.includes(isThere))
    assert.equal(second.packages, first.packages)
    install('cat /npm-cache/kept; echo others > packages.txt')
    const third = await built(62)
    assert.ok(third.lines.includes('kept') && !third.lines.includes(isThere))
    assert.equal(third.packages, 'others\n')

    install(`exec node -e "const kept = []; ${ending}"`)
    assert.equal(
      (await sentenceOf(obtainTree(63))).sentence,
      'The build was killed: `sh install.sh` needed more memory than the 256 MiB that a build may have.',
    )
    const kept = await docker.listImages({ filters: { reference: [`switchyard-packages/${NAME}`] } })
    assert.equal(kept.length, 2)
    await removePackages(docker, NAME, 0, deadline())
    assert.deepEqual(await leftovers(), [])
  } finally {
    writeIn(directory, 'Dockerfile.runtime', sound)
    rmSync(join(directory, '.npmrc'), { force: true })
    rmSync(join(directory, 'install.sh'), { force: true })
  }
})

test('a build that takes too long is stopped', async () => {
  writeBuildScript(directory, 'exec sleep 600')
  const hasty = dockerBuilder({ ...options, buildTimeoutMs: 3_000 })
  const { sentence } = await sentenceOf(
    hasty.obtain({ source: { kind: 'tree' }, release: 12, label: null }, silent, deadline()),
  )
  assert.equal(sentence, 'The build was killed: it took longer than 3 seconds.')
  assert.deepEqual(await leftovers(), [])
})

test('a directory without git is built by its .gitignore files', async () => {
  writeBuildScript(directory, 'true')
  renameSync(join(directory, '.git'), join(directory, '..', 'git-elsewhere'))
  try {
    assert.equal(
      await builder.check({ kind: 'tree' }, deadline()),
      'The working tree will be built: 7 files, not under git.',
    )
    const build = await obtainTree(13)
    assert.match(build.deploymentId ?? '', /^b13-[0-9a-f]{8}$/)
    assert.equal(build.revision, null)
    assert.ok(!inImage(build.image, 'ls', '-a').includes('ignored.txt'))
    assert.equal(
      (await sentenceOf(builder.check({ kind: 'ref', ref: 'main' }, deadline()))).sentence,
      'The project has no git ref "main": it is no git repository, so its working tree alone can be built.',
    )
  } finally {
    renameSync(join(directory, '..', 'git-elsewhere'), join(directory, '.git'))
  }
})

test('what a check says of the tree', async () => {
  const short = gitIn(directory, 'rev-parse', '--short=7', 'HEAD')
  assert.equal(
    await builder.check({ kind: 'tree' }, deadline()),
    `The working tree will be built: 7 files, commit ${short} with uncommitted changes.`,
  )
  gitIn(directory, 'checkout', '--quiet', '--', '.')
  gitIn(directory, 'clean', '--quiet', '--force')
  assert.equal(
    await builder.check({ kind: 'tree' }, deadline()),
    `The working tree will be built: 7 files, commit ${short} with no changes.`,
  )
})

test('an image gets a tag of its own and keeps the id, version and revision of its labels', async () => {
  const image = `${NAME}-other:v7`
  await buildSlotImage(docker, {
    tag: image,
    deploymentId: 'other-7-abcdef0',
    version: '7.0.0',
    revision: 'abcdef0',
  })
  const { Id } = await inspect(image)
  assert.equal(
    await builder.check({ kind: 'image', image, hasConsole: false }, deadline()),
    `The image ${image} is on this host.`,
  )
  const source = { kind: 'image', image, hasConsole: false } as const
  const build = await builder.obtain({ source, release: 20, label: null }, silent, deadline())
  assert.deepEqual(build, {
    image: `switchyard/${NAME}:i20-${Id.slice(7, 19)}`,
    deploymentId: 'other-7-abcdef0',
    version: '7.0.0',
    revision: 'abcdef0',
    hasConsole: false,
    madeBy: 20,
  })
  assert.equal((await inspect(build.image)).Id, Id)
})

test('an image without labels has no deployment id, and its tag for a version', async () => {
  const source = { kind: 'image', image: NODE_IMAGE, hasConsole: true } as const
  const build = await builder.obtain({ source, release: 21, label: null }, silent, deadline())
  assert.deepEqual(
    [build.deploymentId, build.version, build.revision, build.hasConsole],
    [null, '26', null, true],
  )
})

test('images that are missing or not allowed are refused', async () => {
  const refused = async (image: string, allowedImages: string): Promise<string> => {
    const checked = dockerBuilder({ ...options, allowedImages }).check(
      { kind: 'image', image, hasConsole: true },
      deadline(),
    )
    return (await sentenceOf(checked)).sentence
  }
  const missing = (image: string): string => `There is no image "${image}" on this host.`
  const notAllowed = (image: string): string => `The image "${image}" does not come from an allowed source.`
  assert.equal(await refused('no/such:image', ''), missing('no/such:image'))
  assert.equal(await refused('--help', ''), missing('--help'))
  assert.equal(await refused(NODE_IMAGE, 'ghcr.io/acme/*'), notAllowed(NODE_IMAGE))
  assert.equal(
    await refused('registry.invalid/acme/site:v1', 'registry.invalid/acme/*'),
    missing('registry.invalid/acme/site:v1'),
  )
  const own = dockerBuilder({ ...options, allowedImages: 'ghcr.io/acme/*' })
  const [image = ''] = (await docker.listImages({ filters: { reference: [`switchyard/${NAME}`] } })).flatMap(
    ({ RepoTags }) => RepoTags ?? [],
  )
  assert.equal(
    await own.check({ kind: 'image', image, hasConsole: true }, deadline()),
    `The image ${image} is on this host.`,
  )
})

test('an image whose build is barred is refused, whatever it is called', async () => {
  const images = await docker.listImages({ filters: { reference: [`switchyard/${NAME}`] } })
  const named = images.find(({ Labels }) => Labels?.['io.switchyard.deployment-id'])
  const [image = ''] = named?.RepoTags ?? []
  const deploymentId = named?.Labels['io.switchyard.deployment-id'] ?? ''
  const actor = { kind: 'host', name: 'ada' } as const
  const bar = { deploymentId, version: '1.4.0', reason: 'A hole', at: '2026-03-01T10:00:04Z', actor }
  const barred = dockerBuilder({ ...options, bars: { list: () => [bar] } })
  for (const name of [image, named?.Id ?? '']) {
    const checked = barred.check({ kind: 'image', image: name, hasConsole: true }, deadline())
    assert.equal(
      (await sentenceOf(checked)).sentence,
      `1.4.0 (${deploymentId}) is barred by ada since 2026-03-01 10:00:04 UTC: A hole.`,
    )
  }
})

test('an abort before the start is an abort', async () => {
  const aborted = builder.obtain(
    { source: { kind: 'tree' }, release: 30, label: null },
    silent,
    AbortSignal.abort(),
  )
  await assert.rejects(aborted, (error: unknown) => error instanceof ReleaseError && error.code === 'aborted')
})

test('without Docker a build says why it can not be reached', async () => {
  const socketPath = join(directory, 'no.sock')
  const lost = dockerBuilder({
    ...options,
    docker: new Docker({ socketPath }),
    project: describeProject({ directory, name: NAME, socketPath, environment: process.env }),
  })
  const obtained = lost.obtain({ source: { kind: 'tree' }, release: 31, label: null }, silent, deadline())
  assert.equal((await sentenceOf(obtained)).sentence, `Docker can't be reached: there is no ${socketPath}.`)
})

/** A build's program that calls its host, which is the gateway of its default route, fifty times a second. */
const BEAT = `import { readFileSync } from 'node:fs'
const routes = readFileSync('/proc/net/route', 'utf8').split('\\n').map((line) => line.split('\\t'))
const gateway = routes.find(([, destination]) => destination === '00000000')[2]
const host = gateway.match(/../g).reverse().map((byte) => parseInt(byte, 16)).join('.')
setInterval(() => fetch('http://' + host + ':${PORTS.beats}/').catch(() => {}), 20)
`

/** Hears the requests of a build, to tell whether it still runs. */
function beatCounter() {
  let count = 0
  const server = createServer((_request, response) => {
    count += 1
    response.end()
  })
  async function until(condition: () => boolean, message: string): Promise<void> {
    const endMs = performance.now() + 60_000
    while (!condition()) {
      assert.ok(performance.now() < endMs, message)
      await pause(20)
    }
  }
  return {
    listen: () => new Promise<void>((resolve) => server.listen(PORTS.beats, resolve)),
    heard: (wanted: number) => until(() => count >= wanted, 'the build was not heard'),
    /** One second without a beat, fifty of which would have come. */
    silent: async () => {
      let last = count
      let sinceMs = performance.now()
      await until(() => {
        if (count !== last) sinceMs = performance.now()
        last = count
        return performance.now() - sinceMs > 1_000
      }, 'the build goes on')
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
