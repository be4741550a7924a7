import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import Docker from 'dockerode'
import fc from 'fast-check'
import { z } from 'zod'
import { dockerAssets } from '../../src/docker/assets.ts'
import { foundationFinding } from '../../src/docker/foundation.ts'
import { readDockerDisk } from '../../src/docker/host-capacity.ts'
import { followContainerLog, readContainerLog } from '../../src/docker/logs.ts'
import { writeNodeOptions } from '../../src/docker/node-options.ts'
import { composeFindings, diskFinding, dockerFinding, dockerVersion } from '../../src/docker/preflight.ts'
import { composeArgv } from '../../src/docker/project.ts'
import { followSlotLog } from '../../src/docker/slot-log.ts'
import { slotVariables } from '../../src/docker/slot-variables.ts'
import { dockerSlots } from '../../src/docker/slots.ts'
import { containerStats, type Usage } from '../../src/docker/stats.ts'
import { ReleaseError } from '../../src/release/errors.ts'
import type { Build } from '../../src/release/release.ts'
import { type SlotStart, UNRECORDED } from '../../src/release/runtime.ts'
import type { Slot } from '../../src/release/slot.ts'
import { valuesIn } from '../../src/state/environment/parse.ts'
import { problemWords, readAppFile } from '../../src/state/environment/read.ts'
import { environmentStore } from '../../src/state/environment/store.ts'
import { preloadStore } from '../../src/state/preload/store.ts'
import { APP_ENV, ARRIVES } from '../fixtures/app-env.ts'
import { buildSlotImage } from '../fixtures/slot-image.ts'
import {
  commitAll,
  deadline,
  freshProject,
  NAME,
  PORTS,
  sentenceOf,
  sweep,
  writeEnvFile,
  writeIn,
} from './docker-project.ts'

const docker = new Docker()
const project = await freshProject(docker)
const { directory } = project
const slots = dockerSlots({ docker, project })
const assets = dockerAssets({ docker, project })
const silent = (): undefined => undefined

const build = (id: string, deploymentId: string | null = id): Build => ({
  image: `switchyard/${NAME}:${id}`,
  deploymentId,
  version: id,
  revision: null,
  hasConsole: true,
  madeBy: 1,
})

const started = (build: Build, release: number): SlotStart => ({ build, release, runtime: UNRECORDED })

before(async () => {
  writeIn(directory, 'app.env', 'API_TOKEN=opensesame-opensesame\n')
  writeEnvFile(directory, {
    PRIMARY_IMAGE: build('b1').image,
    PRIMARY_RELEASE: '1',
    SECONDARY_IMAGE: build('b1').image,
    SECONDARY_RELEASE: '1',
  })
  for (const id of ['b1', 'b2']) {
    await buildSlotImage(docker, { tag: build(id).image, deploymentId: id, version: id, project: NAME })
  }
  await buildSlotImage(docker, { tag: build('b3').image, deploymentId: 'b3', project: NAME, fault: 'crash' })
})

after(() => sweep(docker))

const compose = (...args: string[]): string => {
  const [program, ...rest] = composeArgv(project, ...args)
  return execFileSync(program, rest, {
    encoding: 'utf8',
    env: { ...process.env, ...project.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function until<T>(look: () => Promise<T> | T, isEnough: (seen: T) => boolean): Promise<T> {
  const endMs = performance.now() + 30_000
  for (;;) {
    const seen = await look()
    if (isEnough(seen)) return seen
    assert.ok(performance.now() < endMs, `it did not happen within 30 s; last seen: ${JSON.stringify(seen)}`)
    await pause(50)
  }
}

async function statusOf(slot: Slot): Promise<unknown> {
  const address = slot === 'primary' ? '10.230.71.11' : '10.231.71.12'
  const response = await until(
    () =>
      fetch(`http://${address}:3000/api/system/status`, { signal: AbortSignal.timeout(1_000) }).catch(
        () => null,
      ),
    (answer) => answer !== null,
  )
  return response?.json()
}

const inspect = (slot: Slot) => slots.inspect(slot, deadline())

test('a slot that was never started has no container and no lines', async () => {
  assert.equal(await inspect('primary'), null)
  assert.equal(await slots.tail('primary', 10, deadline()), '')
  const lines: string[] = []
  await slots.stop('primary', (line) => lines.push(line), deadline())
  assert.deepEqual(lines, ['primary has no container to stop.'])
})

test('a slot starts with the image and the release that it was given, and answers at its fixed address', async () => {
  const lines: string[] = []
  await slots.start('primary', started(build('b1'), 1), (line) => lines.push(line), deadline())
  const container = await inspect('primary')
  assert.ok(container)
  assert.deepEqual(
    { ...container, id: '', startedAt: '' },
    {
      id: '',
      name: `${NAME}-env-primary`,
      state: 'running',
      startedAt: '',
      restarts: 0,
      image: build('b1').image,
      release: 1,
    },
  )
  assert.ok(Date.now() - Date.parse(container.startedAt ?? '') < 60_000)
  assert.ok(
    lines.some((line) => line.includes('Started')),
    lines.join('\n'),
  )
  const { slot, release, version } = Object(await statusOf('primary'))
  assert.deepEqual({ slot, release, version }, { slot: 'primary', release: 1, version: 'b1' })
})

test('starting the other slot leaves the first one alone, and a plain compose up then changes nothing', async () => {
  const before = await inspect('primary')
  await slots.start('secondary', started(build('b2'), 2), silent, deadline())
  assert.equal((await inspect('primary'))?.id, before?.id)
  const secondary = await inspect('secondary')
  assert.deepEqual([secondary?.image, secondary?.release], [build('b2').image, 2])
  writeEnvFile(directory, {
    PRIMARY_IMAGE: build('b1').image,
    PRIMARY_RELEASE: '1',
    SECONDARY_IMAGE: build('b2').image,
    SECONDARY_RELEASE: '2',
  })
  compose('up', '-d', '--no-deps', 'runtime_primary', 'runtime_secondary')
  assert.equal((await inspect('primary'))?.id, before?.id)
  assert.equal((await inspect('secondary'))?.id, secondary?.id)
})

test('a start that is repeated changes nothing; another release of the same build is a new container', async () => {
  const first = await inspect('secondary')
  await slots.start('secondary', started(build('b2'), 2), silent, deadline())
  assert.equal((await inspect('secondary'))?.id, first?.id)
  await slots.start('secondary', started(build('b2'), 3), silent, deadline())
  const second = await inspect('secondary')
  assert.notEqual(second?.id, first?.id)
  assert.equal(second?.release, 3)
})

test('the container that compose left half made is not taken for the slot', async () => {
  const running = await inspect('secondary')
  assert.ok(running)
  const { Config } = await docker.getContainer(running.id).inspect()
  const left = await docker.createContainer({
    name: `${NAME}-leftover`,
    Image: build('b1').image,
    Labels: Config.Labels,
  })
  assert.equal((await inspect('secondary'))?.id, running.id)
  await left.remove()
})

test('an image that is not there is refused, and the slot runs on', async () => {
  const before = await inspect('secondary')
  const { sentence, detail } = await sentenceOf(
    slots.start('secondary', started(build('b404'), 4), silent, deadline()),
  )
  assert.equal(
    sentence,
    `The secondary slot could not be started: there is no image ${build('b404').image} on this host.`,
  )
  assert.match(detail ?? '', /No such image/)
  assert.deepEqual(await inspect('secondary'), before)
})

test('a port that is taken is told in the words of Docker', async () => {
  await slots.stop('secondary', silent, deadline())
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(PORTS.secondary, '127.0.0.1', resolve))
  const { sentence } = await sentenceOf(slots.start('secondary', started(build('b2'), 5), silent, deadline()))
  assert.match(
    sentence,
    /^The secondary slot could not be started: .*127\.0\.0\.1:18712.*address already in use\.$/,
  )
  await new Promise<void>((resolve) => taken.close(() => resolve()))
  await slots.start('secondary', started(build('b2'), 6), silent, deadline())
  assert.equal((await inspect('secondary'))?.release, 6)
})

test('an abort stops compose and is an abort; the next start heals what it left', async () => {
  const abort = new AbortController()
  const starting = slots.start('secondary', started(build('b1'), 7), () => abort.abort(), abort.signal)
  await assert.rejects(
    starting,
    (error: unknown) => error instanceof ReleaseError && error.code === 'aborted',
  )
  await slots.start('secondary', started(build('b2'), 8), silent, deadline())
  const container = await inspect('secondary')
  assert.deepEqual(
    [container?.name, container?.release, container?.state],
    [`${NAME}-env-secondary`, 8, 'running'],
  )
})

test('a compose file that is broken is told in the words of compose', async () => {
  const path = join(directory, 'docker-compose.release.yml')
  const text = readFileSync(path, 'utf8')
  writeIn(directory, 'docker-compose.release.yml', text.replace('pids_limit: 256', 'pids_limits: 256'))
  const { sentence } = await sentenceOf(slots.start('secondary', started(build('b2'), 9), silent, deadline()))
  const find = () => composeFindings(project, 'secondary', async () => 0, deadline())
  const findings = await find()
  writeIn(directory, 'docker-compose.release.yml', text)
  assert.match(
    sentence,
    /^The secondary slot could not be started: .*Additional property pids_limits is not allowed\.$/,
  )
  const [finding] = findings
  assert.deepEqual([findings.length, finding?.code, finding?.outcome], [1, 'compose-invalid', 'refused'])
  assert.match(
    finding?.sentence ?? '',
    /^Compose refuses it: .*Additional property pids_limits is not allowed\.$/,
  )
  const [memory, valid] = await find()
  assert.match(memory?.sentence ?? '', /^\d.* of memory are available, a slot at its limit needs 128 MiB\.$/)
  assert.deepEqual(valid, { name: 'compose', outcome: 'ok', sentence: 'The compose file is valid.' })
})

test('the last lines of a slot are shown without secrets', async () => {
  await slots.start('secondary', started(build('b3'), 10), silent, deadline())
  const tail = await until(
    () => slots.tail('secondary', 5, deadline()),
    (text) => text !== '',
  )
  assert.match(tail, /^Error: the fixture was told to crash at start$/m)
  assert.ok(tail.split('\n').length <= 5)
  const restarted = await until(
    () => inspect('secondary'),
    (container) => (container?.restarts ?? 0) > 0,
  )
  assert.equal(restarted?.image, build('b3').image)
  writeIn(directory, 'app.env', 'MESSAGE="told to crash at start"\n')
  assert.match(await slots.tail('secondary', 5, deadline()), /^Error: the fixture was \[MESSAGE\]$/m)
  await slots.start('secondary', started(build('b2'), 11), silent, deadline())
})

const ALL = { tail: null, after: null }

test('a log is followed line by line until it is no longer wanted, or the container stops', async () => {
  await statusOf('secondary')
  const id = (await inspect('secondary'))?.id ?? ''
  const [first] = await until(
    () => readContainerLog(docker, id, 10, deadline()),
    (lines) => lines.length > 0,
  )
  assert.deepEqual([first?.stream, first?.text], ['stdout', 'fixture b2 listens on port 3000'])
  assert.match(first?.at ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  const abort = new AbortController()
  const seen: string[] = []
  for await (const { text } of followContainerLog(docker, id, ALL, abort.signal)) {
    seen.push(text)
    abort.abort()
  }
  assert.deepEqual(seen, ['fixture b2 listens on port 3000'])
  const untilStop = (async () => {
    for await (const { text } of followContainerLog(docker, id, ALL, deadline())) seen.push(text)
  })()
  await slots.stop('secondary', silent, deadline())
  await untilStop
  assert.equal((await inspect('secondary'))?.state, 'exited')
  assert.deepEqual(await readContainerLog(docker, 'f'.repeat(64), 10, deadline()), [])
  await slots.start('secondary', started(build('b2'), 11), silent, deadline())
})

test('the log of a slot is followed into the container that replaces the first', async () => {
  const firstId = (await inspect('secondary'))?.id ?? ''
  const { length: before } = await readContainerLog(docker, firstId, 10, deadline())
  assert.ok(before > 0)
  const abort = new AbortController()
  const seen: { at: string; text: string }[] = []
  const following = (async () => {
    for await (const line of followSlotLog(docker, project, 'secondary', 10, abort.signal)) seen.push(line)
  })()
  const lines = async (count: number) =>
    until(
      () => seen,
      ({ length }) => length >= count,
    )
  try {
    await lines(before)
    await slots.start('secondary', started(build('b2'), 12), silent, deadline())
    assert.notEqual((await inspect('secondary'))?.id, firstId)
    await lines(before + 1)
  } finally {
    abort.abort()
    await following
  }
  assert.deepEqual(
    seen.map(({ text }) => text),
    Array(before + 1).fill('fixture b2 listens on port 3000'),
  )
  await slots.start('secondary', started(build('b2'), 11), silent, deadline())
})

/** What the program in the slot got, as its kernel says. */
function environmentOf(slot: Slot): Map<string, string> {
  const name = `${NAME}-env-${slot}`
  const text = execFileSync('docker', ['exec', name, 'cat', '/proc/1/environ'], { encoding: 'utf8' })
  return new Map(
    text.split('\0').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

async function startWith(values: ReadonlyMap<string, string>, release: number): Promise<SlotStart> {
  const environment = await environmentStore(join(directory, 'state/environments')).keep(values)
  const start = { ...started(build('b2'), release), runtime: { ...UNRECORDED, environment } }
  await slots.start('secondary', start, silent, deadline())
  return start
}

test('what app.env holds reaches the app to the letter, line ends of either kind', async () => {
  for (const [text, release] of [
    [`\uFEFF${APP_ENV}`, 13],
    [APP_ENV.replaceAll('\n', '\r\n'), 14],
  ] as const) {
    writeIn(directory, 'app.env', text)
    const file = await readAppFile(directory, 'app.env')
    assert.equal(problemWords(file), null)
    await startWith(valuesIn(file), release)
    const arrived = environmentOf('secondary')
    for (const [name, value] of Object.entries(ARRIVES)) assert.equal(arrived.get(name), value, name)
  }
})

test('any value that an environment can hold reaches the app to the letter', async () => {
  const unit = fc.constantFrom(
    ...'$$\\\\"\'`# =\n\r\t{}n0134:!%&|<>()*?[]~^;,é雪',
    '\u2028',
    '\u00a0',
    '$A',
    `\${A}`,
    '\\n',
  )
  const values = fc.sample(fc.string({ unit, maxLength: 40 }), { numRuns: 500, seed: 11 })
  const named = new Map([...values.map((value, index) => [`V_${index}`, value] as const), ['A', 'not this']])
  await startWith(named, 15)
  const arrived = environmentOf('secondary')
  for (const [name, value] of named) assert.equal(arrived.get(name), value, JSON.stringify(value))
})

test('a plain compose up leaves a slot with its environment as it is, and starts none whose environment is lost', async () => {
  const start = await startWith(new Map([['COLOUR', 'red']]), 16)
  const before = await inspect('secondary')
  writeEnvFile(directory, {
    PRIMARY_IMAGE: build('b1').image,
    PRIMARY_RELEASE: '1',
    ...slotVariables('secondary', start),
  })
  compose('up', '-d', '--no-build', 'runtime_secondary')
  assert.equal((await inspect('secondary'))?.id, before?.id)
  await environmentStore(join(directory, 'state/environments')).remove(start.runtime.environment ?? '')
  assert.throws(() => compose('up', '-d', '--no-build', 'runtime_secondary'), /env file .* not found/)
  assert.equal((await inspect('secondary'))?.id, before?.id)
  await slots.start('primary', started(build('b1'), 1), silent, deadline())
  writeEnvFile(directory, {
    PRIMARY_IMAGE: build('b1').image,
    PRIMARY_RELEASE: '1',
    SECONDARY_IMAGE: build('b2').image,
    SECONDARY_RELEASE: '16',
  })
})

test('a slot is started with its preload, in front of the options of its app: those of app.env, else those of its image', async () => {
  const source = join(import.meta.dirname, '../../src/workload/preload')
  const preload = await preloadStore(join(directory, 'state/preload'), source).keep()
  const environments = environmentStore(join(directory, 'state/environments'))
  const plain = await environments.keep(new Map([['COLOUR', 'red']]))
  const own = await environments.keep(new Map([['NODE_OPTIONS', '--no-warnings "--title=a b"']]))
  const tag = `${build('b2').image}-own`
  const change = ['--change', 'ENV NODE_OPTIONS="--no-deprecation"']
  execFileSync('docker', ['commit', ...change, `${NAME}-env-secondary`, tag])
  const ours = '--require /run/switchyard-preload/main.cjs'
  for (const [image, environment, expected] of [
    [build('b2').image, plain, ours],
    [build('b2').image, own, `${ours} --no-warnings "--title=a b"`],
    [tag, plain, `${ours} --no-deprecation`],
    [tag, own, `${ours} --no-warnings "--title=a b"`],
  ] as const) {
    const runtime = { environment, preload }
    const start: SlotStart = { build: { ...build('b2'), image }, release: 18, runtime }
    await writeNodeOptions(docker, project, 'secondary', start)
    await slots.start('secondary', start, silent, deadline())
    assert.equal(environmentOf('secondary').get('NODE_OPTIONS'), expected)
    const isThere = "process.exit(Symbol.for('switchyard.preload') in globalThis ? 0 : 1)"
    execFileSync('docker', ['exec', `${NAME}-env-secondary`, 'node', '-e', isThere])
    const before = await inspect('secondary')
    writeEnvFile(directory, { PRIMARY_IMAGE: build('b1').image, ...slotVariables('secondary', start) })
    compose('up', '-d', '--no-build', '--no-deps', 'runtime_secondary')
    assert.equal((await inspect('secondary'))?.id, before?.id, 'a plain compose up changes nothing')
  }
  const before = started(build('b2'), 16)
  await writeNodeOptions(docker, project, 'secondary', before)
  await slots.start('secondary', before, silent, deadline())
  assert.equal(environmentOf('secondary').get('NODE_OPTIONS'), undefined)
  await docker.getImage(tag).remove({ force: true })
  writeEnvFile(directory, {
    PRIMARY_IMAGE: build('b1').image,
    PRIMARY_RELEASE: '1',
    SECONDARY_IMAGE: build('b2').image,
    SECONDARY_RELEASE: '16',
  })
})

test('where compose can not read app.env, nothing of what is in it is told', async () => {
  const lines: string[] = []
  for (const text of ['GOOD=1\nhunter2 p@ss=hunter2\n', 'T="hunter2\n', `T=hunter2\${hunter2!}\n`]) {
    writeIn(directory, 'app.env', text)
    const start = slots.start('secondary', started(build('b2'), 17), (line) => lines.push(line), deadline())
    const { sentence, detail } = await sentenceOf(start)
    assert.match(sentence, /^The secondary slot could not be started: /)
    assert.ok(![sentence, detail, ...lines].join().includes('hunter2'), sentence)
  }
  assert.deepEqual(
    (await composeFindings(project, 'secondary', async () => 0, deadline())).at(-1)?.outcome,
    'ok',
  )
  rmSync(join(directory, 'app.env'))
  await slots.start('secondary', started(build('b2'), 11), silent, deadline())
})

test('stopping says what it did', async () => {
  const lines: string[] = []
  await slots.stop('secondary', (line) => lines.push(line), deadline())
  await slots.stop('secondary', (line) => lines.push(line), deadline())
  assert.deepEqual(lines, ['secondary is stopped.', 'secondary was stopped already.'])
})

test('cpu and memory of a slot are read at once, against its limits', async () => {
  const problems: unknown[] = []
  const stats = containerStats(docker, (cause) => problems.push(cause))
  const id = (await inspect('primary'))?.id ?? ''
  const atOnce = await stats.usedBytes(id, deadline())
  assert.ok(atOnce > 1024 * 1024 && atOnce < 128 * 1024 * 1024, `${atOnce} bytes without a sample`)
  assert.equal(await stats.usedBytes('f'.repeat(64), deadline()), 0)
  assert.equal(stats.read(id), null)
  const usage = await until<Usage | null>(
    () => stats.read(id),
    (seen) => seen !== null,
  )
  assert.ok(usage)
  assert.equal(usage.cpu.limitCores, 0.5)
  assert.ok(usage.cpu.cores >= 0 && usage.cpu.cores <= 1, `${usage.cpu.cores} cores`)
  assert.equal(usage.memory.limitBytes, 128 * 1024 * 1024)
  assert.ok(
    usage.memory.usedBytes > 1024 * 1024 && usage.memory.usedBytes < 128 * 1024 * 1024,
    `${usage.memory.usedBytes} bytes`,
  )
  const startedMs = performance.now()
  stats.read(id)
  assert.ok(performance.now() - startedMs < 20)
  assert.deepEqual(problems, [])
  stats.read('f'.repeat(64))
  await until(
    () => problems.length,
    (count) => count === 1,
  )
  stats.close()
  stats.read('e'.repeat(64))
  await pause(100)
  assert.equal(problems.length, 1)
})

const hexOf = async (image: string): Promise<string> =>
  (await docker.getImage(image).inspect()).Id.replace('sha256:', '')

test('the static files of a build are published once, readable for nginx', async () => {
  const lines: string[] = []
  const log = (line: string): number => lines.push(line)
  assert.deepEqual(await assets.publish('primary', build('b1'), log, deadline()), { files: 1 })
  assert.deepEqual(await assets.publish('primary', build('b1'), log, deadline()), { files: 1 })
  assert.deepEqual(lines, [
    'Published 1 static files of b1.',
    'The static files of b1 are published already.',
  ])
  const file = join(directory, 'state/assets/b1/_next/static/chunks/fixture-b1.js')
  assert.equal(readFileSync(file, 'utf8'), "globalThis.fixture = 'b1'\n")
  assert.equal(
    execFileSync('setpriv', ['--reuid=1000', '--clear-groups', 'cat', file], { encoding: 'utf8' }),
    "globalThis.fixture = 'b1'\n",
  )
  assert.deepEqual(readdirSync(join(directory, 'state/assets')), ['.images', 'b1'])
  assert.equal(readlinkSync(join(directory, 'state/assets/b1')), `.images/${await hexOf(build('b1').image)}`)
})

test('a copy that was cut short is made again, and of a hostile image only files are taken', async () => {
  const lines: string[] = []
  const image = `switchyard/${NAME}:hostile`
  const hostile = await docker.createContainer({
    Image: build('b2').image,
    Cmd: [
      'sh',
      '-c',
      'cd .next/static && yes | head -c 5000 > words.js && ln -s /etc/passwd words.js.gz && mkfifo pipe && mkdir -m 700 shut && echo x > shut/x && chmod 600 shut/x',
    ],
  })
  await hostile.start()
  await hostile.wait()
  await hostile.commit({
    repo: `switchyard/${NAME}`,
    tag: 'hostile',
    changes: 'CMD ["node", "slot-server.mjs"]',
  })
  await hostile.remove()
  await slots.start('secondary', started({ ...build('b2'), image }, 12), silent, deadline())
  const temporary = `state/assets/.images/${await hexOf(image)}.tmp`
  writeIn(directory, `${temporary}/_next/static/half`, 'half')
  assert.deepEqual(await assets.publish('secondary', build('b2'), (line) => lines.push(line), deadline()), {
    files: 3,
  })
  assert.deepEqual(lines, [
    '2 entries that are neither files nor directories are left out.',
    'Published 3 static files of b2, 1 of them compressed too.',
  ])
  const published = join(directory, 'state/assets/b2/_next/static')
  assert.deepEqual(readdirSync(published).sort(), ['chunks', 'shut', 'words.js', 'words.js.gz'])
  const copy = readFileSync(join(published, 'words.js.gz'))
  assert.equal(gunzipSync(copy).toString(), 'y\n'.repeat(2500))
  assert.deepEqual(await assets.publish('secondary', build('b2'), silent, deadline()), { files: 3 })
  assert.equal(statSync(join(published, 'shut')).mode & 0o777, 0o755)
  assert.equal(statSync(join(published, 'shut/x')).mode & 0o777, 0o644)
  assert.equal(existsSync(join(directory, temporary)), false)
})

test('files that were published before an image had its own place give way to its own, and those of another image do not', async () => {
  const assetsDirectory = join(directory, 'state/assets')
  rmSync(join(assetsDirectory, 'b1'))
  writeIn(directory, 'state/assets/b1/_next/static/chunks/planted.js', 'planted')
  assert.deepEqual(await assets.publish('primary', build('b1'), silent, deadline()), { files: 1 })
  assert.deepEqual(readdirSync(join(assetsDirectory, 'b1/_next/static/chunks')), ['fixture-b1.js'])
  symlinkSync(`.images/${'a'.repeat(64)}`, join(assetsDirectory, 'theirs'))
  const claimed = assets.publish('primary', build('b1', 'theirs'), silent, deadline())
  assert.equal(
    (await sentenceOf(claimed)).sentence,
    'The static files of the build could not be published: theirs shows the files of another image (aaaaaaaaaaaa).',
  )
  rmSync(join(assetsDirectory, 'theirs'))
})

test('an image without an id or without static files publishes nothing and says so', async () => {
  const lines: string[] = []
  const log = (line: string): number => lines.push(line)
  assert.deepEqual(await assets.publish('primary', build('b1', null), log, deadline()), { files: 0 })
  const bare = await docker.createContainer({ Image: build('b1').image, Cmd: ['rm', '-r', '.next/static'] })
  await bare.start()
  await bare.wait()
  await bare.commit({ repo: `switchyard/${NAME}`, tag: 'bare', changes: 'CMD ["node", "slot-server.mjs"]' })
  await bare.remove()
  await slots.start('secondary', started(build('bare'), 13), silent, deadline())
  assert.deepEqual(await assets.publish('secondary', build('b9'), log, deadline()), { files: 0 })
  assert.deepEqual(lines, [
    'The image carries no deployment id, so its static files are served by its slot alone.',
    'The secondary slot has no /app/.next/static, so there is nothing to publish.',
  ])
  assert.deepEqual(readdirSync(join(directory, 'state/assets')).sort(), ['.images', 'b1', 'b2'])
})

test('files that can not be published fail with the reason', async () => {
  rmSync(join(directory, 'state/assets'), { recursive: true })
  writeIn(directory, 'state/assets', 'a file where a directory should be')
  const { sentence } = await sentenceOf(assets.publish('primary', build('b1'), silent, deadline()))
  assert.match(
    sentence,
    /^The static files of the build could not be published: ENOTDIR: not a directory, .*\.$/,
  )
  rmSync(join(directory, 'state/assets'))
})

test('preflight says what it sees of Docker and the host', async () => {
  assert.match((await dockerFinding(docker, deadline())).sentence, /^Docker \d+\.\d+\.\S+ answers\.$/)
  const lost = await dockerFinding(new Docker({ socketPath: '/nowhere.sock' }), deadline())
  assert.deepEqual(lost, {
    code: 'docker-unreachable',
    name: 'docker',
    outcome: 'refused',
    sentence: "Docker can't be reached: there is no /nowhere.sock.",
  })
  const refusing = new Docker({ socketPath: join(directory, 'closed.sock') })
  writeIn(directory, 'closed.sock', '')
  assert.equal(
    (await dockerFinding(refusing, deadline())).sentence,
    `Docker can't be reached: nothing answers on ${join(directory, 'closed.sock')}.`,
  )
  const disk = await diskFinding(docker, project, 2 * 1024 ** 3, deadline())
  assert.match(disk.sentence, /^\d.* are free at .*\.$/)
  const { DockerRootDir } = z.object({ DockerRootDir: z.string() }).parse(await docker.info())
  assert.equal(existsSync(DockerRootDir), false, 'a container does not see it')
  const { path, bytes } = await readDockerDisk([DockerRootDir])
  assert.equal(path, DockerRootDir)
  assert.ok(bytes > 0)
})

test('a look at Docker lets it start no programs to tell their versions, until it has failed', async () => {
  const asked: string[] = []
  const path = join(directory, 'counted.sock')
  const open = new Set<Socket>()
  const counted = createServer((client) => {
    const engine = connect('/var/run/docker.sock')
    open.add(client)
    client.on('data', (bytes) => asked.push(...(bytes.toString('latin1').match(/^GET \S+/m) ?? [])))
    client.pipe(engine).pipe(client)
    for (const end of [client, engine]) {
      end.on('error', () => end.destroy())
      end.on('close', () => [client, engine].map((each) => each.destroy()))
    }
  })
  const listen = () => new Promise<void>((resolve) => void counted.listen(path, resolve))
  const close = () =>
    new Promise((resolve) => {
      counted.close(resolve)
      for (const client of open) client.destroy()
    })
  await listen()
  const version = dockerVersion(new Docker({ socketPath: path }))
  const first = await version(deadline())
  assert.match(first, /^\d+\.\d+/)
  assert.deepEqual([await version(deadline()), await version(deadline())], [first, first])
  assert.deepEqual(asked, ['GET /version', 'GET /_ping', 'GET /_ping'])
  await close()
  await assert.rejects(version(deadline()), { code: 'docker-unreachable' })
  await listen()
  assert.equal(await version(deadline()), first)
  assert.equal(asked.at(-1), 'GET /version')
  await close()
})

test('a source that changes what a release does not touch is warned of', async () => {
  const path = join(directory, 'docker-compose.release.yml')
  writeIn(directory, 'src/director/main.ts', 'one')
  writeIn(directory, 'src/app/page.tsx', 'page')
  writeIn(directory, 'own/director/main.ts', 'one')
  writeIn(directory, 'nginx/proxy.conf', 'one')
  const past = new Date(Date.now() - 60_000)
  utimesSync(join(directory, 'nginx/proxy.conf'), past, past)
  compose('up', '--no-start', '--no-deps', 'traffic_proxy')
  const revision = commitAll(directory, 'Same')
  const find = (source: Parameters<typeof foundationFinding>[1]) =>
    foundationFinding({ docker, project, ownSource: join(directory, 'own') }, source, deadline())
  assert.equal(await find({ kind: 'tree' }), null)
  assert.equal(await find({ kind: 'ref', ref: revision }), null)
  assert.equal(await find({ kind: 'standby' }), null)

  writeIn(directory, 'src/director/main.ts', 'two')
  writeIn(directory, 'nginx/proxy.conf', 'two')
  writeIn(directory, 'docker-compose.release.yml', readFileSync(path, 'utf8').replace('SIGQUIT', 'SIGTERM'))
  const changes =
    'The source changes nginx/, the compose file and the director, which a release does not touch'
  assert.deepEqual(await find({ kind: 'tree' }), {
    name: 'foundation',
    outcome: 'warning',
    sentence: `${changes}: run \`npm run up\` to apply it.`,
  })
  const second = commitAll(directory, 'Other')
  assert.equal(
    (await find({ kind: 'ref', ref: revision }))?.sentence,
    'The source changes nginx/ and the compose file, which a release does not touch: check the ref out and run `npm run up` to apply it.',
  )
  assert.equal(
    (await find({ kind: 'ref', ref: second }))?.sentence,
    'The source changes the director, which a release does not touch: check the ref out and run `npm run up` to apply it.',
  )
})
