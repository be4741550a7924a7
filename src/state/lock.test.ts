import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { until } from '../../test/engine/until.ts'
import type { Holder } from '../director/protocol.ts'
import { lookAtLock, readHolder, takeLock } from './lock.ts'

const dir = mkdtempSync(join(tmpdir(), 'lock-'))
after(() => rmSync(dir, { recursive: true }))

const holder: Holder = {
  verb: 'deploy',
  release: 3,
  actor: { kind: 'host', name: 'ada' },
  since: '2026-01-01T00:00:00.000Z',
}

test('one holder at a time, even within one process, and it says who it is', async () => {
  const path = join(dir, 'one')
  const held = await takeLock(path, holder)
  assert.ok(held)
  assert.equal(await takeLock(path, { ...holder, verb: 'rollback' }), null)
  assert.deepEqual(await readHolder(path), holder)
  held.release()
  assert.equal(await readHolder(path), null)
  const again = await takeLock(path, holder)
  assert.ok(again)
  again.release()
})

test("a shell's flock and the director's exclude each other", async () => {
  const path = join(dir, 'shell')
  const held = await takeLock(path, holder)
  assert.equal(spawnSync('flock', ['-n', path, 'true']).status, 1)
  held?.release()
  assert.equal(spawnSync('flock', ['-n', path, 'true']).status, 0)
})

test('the kernel frees the lock of a holder that was killed', async () => {
  const path = join(dir, 'killed')
  const child = spawn('flock', ['-n', path, 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  assert.equal(await takeLock(path, holder), null)
  const closed = once(child, 'close')
  spawnSync('pkill', ['-KILL', '-P', String(child.pid)])
  child.kill('SIGKILL')
  await closed
  const held = await takeLock(path, holder)
  assert.ok(held)
  held.release()
})

test('a holder that can not be written down holds the lock all the same, and frees it', async () => {
  const path = join(dir, 'unwritable')
  mkdirSync(`${path}.json`)
  const held = await takeLock(path, holder)
  assert.ok(held)
  assert.equal(await takeLock(path, holder), null)
  assert.equal(await readHolder(path), null)
  held.release()
  const again = await takeLock(path, holder)
  assert.ok(again)
  again.release()
})

test('what a killed holder wrote is not believed once its lock is free', async () => {
  const path = join(dir, 'stale')
  writeFileSync(`${path}.json`, JSON.stringify(holder))
  assert.equal(await readHolder(path), null)
  assert.equal(existsSync(`${path}.json`), false)
})

test('to look at a stale holder turns nobody away who takes the lock meanwhile', async () => {
  const path = join(dir, 'looked-at')
  for (let turn = 0; turn < 20; turn++) {
    writeFileSync(`${path}.json`, JSON.stringify(holder))
    const looks = [readHolder(path), readHolder(path), readHolder(path)]
    const held = await takeLock(path, holder)
    assert.ok(held, `turned away in turn ${turn}`)
    await Promise.all(looks)
    held.release()
  }
})

test('whoever waited for a lock whose file was replaced meanwhile locks the new one', async () => {
  const path = join(dir, 'replaced')
  const held = await takeLock(path, holder)
  const waiting = takeLock(path, holder)
  await until('it waits', 5_000, async () =>
    readFileSync('/proc/locks', 'utf8').includes('->') ? true : null,
  )
  rmSync(path)
  writeFileSync(path, '')
  held?.release()
  const got = await waiting
  assert.ok(got)
  assert.equal(spawnSync('flock', ['-n', path, 'true']).status, 1)
  got.release()
})

test('a look at a lock tells whether it is held and what is written, and takes nothing away', async () => {
  const path = join(dir, 'seen')
  assert.deepEqual(await lookAtLock(path), { isHeld: false, written: null })
  assert.equal(existsSync(path), false)
  const held = await takeLock(path, holder)
  assert.ok(held)
  assert.deepEqual(await lookAtLock(path), { isHeld: true, written: holder })
  held.release()
  writeFileSync(`${path}.json`, JSON.stringify(holder))
  assert.deepEqual(await lookAtLock(path), { isHeld: false, written: holder })
  assert.equal(existsSync(`${path}.json`), true)
})
