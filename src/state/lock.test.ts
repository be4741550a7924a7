import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Holder } from '../director/protocol.ts'
import { readHolder, takeLock } from './lock.ts'

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
  assert.deepEqual(readHolder(path), holder)
  held.release()
  assert.equal(readHolder(path), null)
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
