import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runCommand } from '../../src/docker/command.ts'
import { takeLock } from '../../src/state/lock.ts'
import { releaseLogs } from '../../src/state/release-log.ts'

const PAGE_BYTES = 4_096
const dir = mkdtempSync(join(tmpdir(), 'switchyard-full-disk-'))

before(() => {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, `This test needs root and the right to mount a small file system: ${stderr}`)
})

after(() => {
  spawnSync('umount', [dir])
  rmSync(dir, { recursive: true, force: true })
})

/** Fills the file system but for `freeBytes`; answers with what makes room again. */
function fill(freeBytes: number): () => void {
  const path = join(dir, 'filler')
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
