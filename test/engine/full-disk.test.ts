import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { auditedBy } from '../../src/director/audited.ts'
import { auditRecord } from '../../src/director/identity/audit.ts'
import { openIdentityDatabase } from '../../src/director/identity/database.ts'
import { reserveFinding } from '../../src/director/reserve-finding.ts'
import { runCommand } from '../../src/docker/command.ts'
import { readGeneration } from '../../src/nginx/read-generation.ts'
import { writeGeneration } from '../../src/nginx/switch.ts'
import { NO_ROUTING } from '../../src/release/routing.ts'
import { readEnvFile, updateEnvFile } from '../../src/state/env-file.ts'
import { openJournal } from '../../src/state/journal.ts'
import { copyPath, readCopy } from '../../src/state/journal-copy.ts'
import { takeLock } from '../../src/state/lock.ts'
import { releaseLogs } from '../../src/state/release-log.ts'
import { isDiskFull, reserveAt } from '../../src/state/reserve.ts'
import { rollbackScript, serve } from '../faults/power-cuts/rollback-script.ts'
import { draft } from '../fixtures/yard.ts'

const PAGE_BYTES = 4_096
const MIB = 1024 ** 2
const dir = smallDisk('64k')
const room = smallDisk('8m')
const fewFiles = smallDisk('8m', 120)

function smallDisk(size: string, files = 10_000): string {
  const path = mkdtempSync(join(tmpdir(), 'switchyard-full-disk-'))
  before(() => {
    const options = `size=${size},nr_inodes=${files}`
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, `This test needs root and the right to mount a small file system: ${stderr}`)
  })
  after(() => {
    spawnSync('umount', [path])
    rmSync(path, { recursive: true, force: true })
  })
  return path
}

function empty(disk: string): void {
  for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true })
}

/** Fills the file system at `disk` but for `freeBytes`; answers with what makes room again. */
function fill(freeBytes: number, disk = dir, name = 'filler'): () => void {
  const path = join(disk, name)
  const fd = openSync(path, 'w')
  const page = Buffer.alloc(PAGE_BYTES)
  const isFull = (): boolean => {
    try {
      return writeSync(fd, page) < PAGE_BYTES
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC') return true
      throw cause
    }
  }
  let pages = 0
  while (!isFull()) pages++
  closeSync(fd)
  spawnSync('truncate', ['-s', String(pages * PAGE_BYTES - freeBytes), path])
  return () => rmSync(path)
}

test('a build that fills the disk ends with its own exit code, and its log goes on once there is room', async (context) => {
  const said = context.mock.method(console, 'error', () => undefined)
  const logs = releaseLogs(join(dir, 'logs'))
  logs.append(7, 'build', 'npm ci')
  const makeRoom = fill(PAGE_BYTES)
  const { code } = await runCommand({
    argv: [process.execPath, '-e', "for (let n = 0; n < 100; n++) console.log('x'.repeat(1500) + n)"],
    cwd: tmpdir(),
    env: { PATH: '/usr/bin:/bin' },
    signal: AbortSignal.timeout(20_000),
    timeoutMs: 20_000,
    log: (line) => logs.append(7, 'build', line),
  })
  assert.equal(code, 0)
  assert.deepEqual(
    said.mock.calls.map((call) => call.arguments),
    [["The log of release 7 can't be written: ENOSPC: no space left on device, write."]],
  )
  // A director that is started on the full disk settles the release all the same.
  releaseLogs(join(dir, 'logs')).append(7, 'record', 'lost')
  makeRoom()
  logs.append(7, 'start', 'Container env-secondary Started')
  const texts = (await logs.read(7, 0)).map(({ text }) => text)
  assert.equal(texts[0], 'npm ci')
  assert.deepEqual(texts.slice(-2), [
    'Lines are missing here: ENOSPC: no space left on device, write.',
    'Container env-secondary Started',
  ])
})

test('on a full disk the lock can be taken, is held, and is free afterwards', async () => {
  const path = join(dir, 'deploy.lock')
  const actor = { kind: 'host', name: 'ada' } as const
  const holder = { verb: 'rollback', release: null, actor, since: new Date().toISOString() }
  ;(await takeLock(path, holder))?.release()
  const makeRoom = fill(0)
  const held = await takeLock(path, holder)
  assert.ok(held)
  assert.equal(await takeLock(path, holder), null)
  held.release()
  const again = await takeLock(path, holder)
  assert.ok(again)
  again.release()
  makeRoom()
})

const WHOLE = 2 * MIB
const SMALL = { wholeBytes: WHOLE, partBytes: MIB / 4, spareBytes: MIB / 2 }

/** A journal with a release that has just begun to move the traffic, a routing and an env file, on a disk that holds nothing else. */
async function durable(name: string) {
  const path = join(room, name)
  mkdirSync(path)
  const reserve = reserveAt(join(path, 'reserve'), SMALL)
  const journal = openJournal(join(path, 'journal.db'), undefined, undefined, reserve.spend)
  const { id } = journal.create(draft({ slot: 'primary', from: null }))
  journal.append(id, { type: 'switching' })
  const routing = { ...NO_ROUTING, generation: 1, live: 'primary', up: ['primary'], release: id } as const
  const liveDir = join(path, 'live')
  await writeGeneration(liveDir, routing)
  const envFile = join(path, 'deployment_state.env')
  await updateEnvFile(envFile, { LIVE_SLOT: 'secondary' })
  const next = { ...routing, generation: 2 }
  const sentence = 'x'.repeat(3_000)
  return {
    reserve,
    /** What is written when a release is recorded or recovered, each as the director does it. */
    writes: {
      journal: async () => {
        for (let event = 0; event < 30; event++) journal.append(id, { type: 'recovered', sentence })
      },
      bars: async () => {
        for (let build = 0; build < 30; build++)
          journal.bars.bar({ deploymentId: `b${build}`, version: '1' }, sentence.slice(0, 500), ada)
      },
      generation: () => reserve.spendAsync(() => writeGeneration(liveDir, next)),
      'env file': () => reserve.spendAsync(() => updateEnvFile(envFile, { LIVE_SLOT: 'primary' })),
    },
    read: async () => ({
      generation: (await readGeneration(liveDir))?.generation,
      live: (await readEnvFile(envFile)).get('LIVE_SLOT'),
      replayed: journal.replay(id),
      folded: journal.get(id),
      bars: journal.bars.list().length,
    }),
    end: () => {
      journal.close()
      rmSync(path, { recursive: true })
    },
  }
}

const ada = { kind: 'host', name: 'ada' } as const

for (const what of ['journal', 'bars', 'generation', 'env file'] as const) {
  test(`without a reserve the ${what} can not be written on a full disk, and is sound afterwards`, async () => {
    const { writes, read, end } = await durable(`bare-${what.replace(' ', '-')}`)
    const makeRoom = fill(0, room)
    await assert.rejects(writes[what](), isDiskFull)
    const { generation, live, replayed, folded } = await read()
    assert.deepEqual([generation, live, replayed], [1, 'secondary', folded])
    makeRoom()
    await writes[what]()
    end()
  })
}

test('with a reserve journal, bars, routing and env file are written on a full disk, and it is made whole when there is room', async (context) => {
  const said = context.mock.method(console, 'error', () => undefined)
  const { reserve, writes, read, end } = await durable('reserved')
  assert.equal(await reserve.refill(), true)
  assert.equal(reserveFinding(reserve), null)
  const makeRoom = fill(0, room)
  for (const write of Object.values(writes)) await write()
  const { generation, live, replayed, folded, bars } = await read()
  assert.deepEqual([generation, live, bars, replayed], [2, 'primary', 30, folded])
  assert.ok(said.mock.callCount() > 0)
  const { bytes } = reserve.left()
  assert.ok(bytes < WHOLE, `${bytes} bytes are left`)
  assert.match(
    reserveFinding(reserve)?.sentence ?? '',
    /^Of the 2 MiB that are put by in state\/reserve, .* [\d.]+ [KMi]*B are left; it is made whole when there is room\.$/,
  )
  assert.equal(await reserve.refill(), false)
  assert.equal(reserve.left().bytes, bytes)
  makeRoom()
  assert.equal(await reserve.refill(), true)
  assert.deepEqual(reserve.left(), { bytes: WHOLE, wholeBytes: WHOLE })
  end()
})

test('the copy of the journal keeps up on a full disk, or catches up when there is room', async (context) => {
  context.after(() => empty(room))
  context.mock.method(console, 'error', () => undefined)
  const path = join(room, 'copied')
  mkdirSync(path)
  const reserve = reserveAt(join(path, 'reserve'), SMALL)
  const file = join(path, 'journal.db')
  const journal = openJournal(file, undefined, undefined, reserve.spend)
  // SQLite begins its log anew after some hundred writes: from then on those need no room.
  for (let count = 0; count < 600; count++) journal.freezes.freeze('x'.repeat(200), ada)
  const copied = () => readCopy(copyPath(file)).rows.length
  const withoutReserve = fill(0, room)
  for (let count = 0; count < 50; count++) journal.freezes.freeze('x'.repeat(200), ada)
  assert.ok(copied() < 650)
  withoutReserve()
  journal.follow()
  assert.equal(copied(), 650)
  await reserve.refill()
  fill(0, room)
  for (let count = 0; count < 50; count++) journal.freezes.freeze('x'.repeat(200), ada)
  assert.equal(copied(), 700)
  assert.ok(reserve.left().bytes < WHOLE)
  journal.close()
})

test('on a full disk it is written down who asked for what, and a deploy spends nothing', async (context) => {
  context.after(() => empty(room))
  context.mock.method(console, 'error', () => undefined)
  const path = join(room, 'audited')
  mkdirSync(path)
  const reserve = reserveAt(join(path, 'reserve'), SMALL)
  const database = openIdentityDatabase(path)
  const audit = auditedBy(auditRecord(database, Date.now), reserve)
  const ask = (verb: string) => audit({ actor: ada, verb, release: null, headers: new Headers() })
  const rows = () =>
    database
      .prepare('SELECT verb FROM audit ORDER BY id')
      .all()
      .map(({ verb }) => verb)
  const bare = fill(0, room)
  assert.throws(() => ask('prune'), isDiskFull)
  ask('rollback')
  assert.deepEqual(rows(), [])
  bare()
  await reserve.refill()
  fill(0, room)
  assert.throws(() => ask('deploy'), isDiskFull)
  assert.equal(reserve.left().bytes, WHOLE)
  for (const verb of ['prune', 'bar', 'freeze', 'rollback']) ask(verb)
  assert.deepEqual(rows(), ['prune', 'bar', 'freeze', 'rollback'])
  database.close()
})

test('on a disk with no room for more files the traffic can be moved, and the reserve is not spent for nothing', async (context) => {
  context.after(() => empty(fewFiles))
  const liveDir = join(fewFiles, 'live')
  const reserve = reserveAt(join(fewFiles, 'reserve'), SMALL)
  await reserve.refill()
  const generation = (number: number) => ({
    ...NO_ROUTING,
    ...{ generation: number, live: 'primary' as const, up: ['primary' as const, 'secondary' as const] },
  })
  for (let number = 1; number <= 9; number++) await writeGeneration(liveDir, generation(number))
  for (let file = 0; statfsSync(fewFiles).ffree > 0; file++) writeFileSync(join(fewFiles, `file-${file}`), '')
  for (const number of [10, 11]) {
    await reserve.spendAsync(() => writeGeneration(liveDir, generation(number)))
    assert.equal((await readGeneration(liveDir))?.generation, number)
  }
  assert.deepEqual(readdirSync(liveDir).toSorted(), ['current', 'gen-10', 'gen-11', 'gen-8', 'gen-9', 'told'])
  assert.equal(reserve.left().bytes, WHOLE)
})

test('./rollback.sh moves the traffic on a disk with no room for more files', async (context) => {
  context.after(() => empty(fewFiles))
  const root = join(fewFiles, 'scripted')
  mkdirSync(root)
  await rollbackScript.prepare(root)
  await updateEnvFile(join(root, 'state', 'deployment_state.env'), await serve(root))
  writeFileSync(join(root, 'state', 'deploy.lock'), '')
  const liveDir = join(root, 'nginx', 'live')
  const before = (await readGeneration(liveDir)) ?? assert.fail()
  for (const generation of [2, 3, 4]) await writeGeneration(liveDir, { ...before, generation })
  for (let file = 0; statfsSync(fewFiles).ffree > 0; file++) writeFileSync(join(root, `file-${file}`), '')
  const { stdout } = await promisify(execFile)(join(root, 'rollback.sh'), { cwd: root })
  assert.match(stdout, /nginx serves secondary, release 1 \(generation 5\)/)
  assert.equal((await readGeneration(liveDir))?.live, 'secondary')
})

test('a reserve that gives room back while it is being made again has no hole', async (context) => {
  context.after(() => empty(room))
  context.mock.method(console, 'error', () => undefined)
  const path = join(room, 'whole', 'reserve')
  mkdirSync(join(room, 'whole'))
  const options = { wholeBytes: 4 * MIB, partBytes: MIB, spareBytes: MIB / 2 }
  const reserve = reserveAt(path, options)
  writeFileSync(path, Buffer.alloc(2 * MIB, 1))
  const refilled = reserve.refill()
  while (reserve.left().bytes <= 2 * MIB) await setImmediate()
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
  let times = 0
  reserve.spend(() => {
    if (times++ < 3) throw full
  })
  fill(0, room)
  assert.equal(await refilled, false)
  const { size, blocks } = statSync(path)
  assert.ok(blocks * 512 >= size, `${blocks * 512} bytes on the disk, of ${size}`)
})

test('what fills the disk may take a part that is given back, and not the next one', async (context) => {
  context.mock.method(console, 'error', () => undefined)
  const reserve = reserveAt(join(room, 'reserve'), SMALL)
  await reserve.refill()
  fill(0, room)
  let tries = 0
  const path = join(room, 'written')
  reserve.spend(() => {
    tries++
    if (tries === 2) fill(0, room, 'another-filler')
    writeFileSync(path, 'at last')
  })
  assert.deepEqual([tries, readFileSync(path, 'utf8')], [3, 'at last'])
  assert.equal(reserve.left().bytes, WHOLE - MIB / 2)
})

test('where the reserve is used up the error is told, and another error than a full disk spends nothing', async (context) => {
  context.mock.method(console, 'error', () => undefined)
  const reserve = reserveAt(join(dir, 'reserve'), SMALL)
  assert.equal(await reserve.refill(), false)
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  const fail = (cause: unknown) => () => {
    throw cause
  }
  assert.throws(() => reserve.spend(fail(full)), full)
  writeFileSync(join(dir, 'reserve'), 'some')
  const other = new Error('It is not a directory.')
  assert.throws(() => reserve.spend(fail(other)), other)
  assert.equal(reserve.left().bytes, 4)
  await assert.rejects(
    reserve.spendAsync(async () => fail(new Error('Outer.', { cause: full }))()),
    /Outer/,
  )
  assert.equal(reserve.left().bytes, 0)
})
