import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { unpack } from './unpack.ts'

const work = mkdtempSync(join(tmpdir(), 'unpack-'))
after(() => rmSync(work, { recursive: true }))

const environment = { PATH: process.env.PATH ?? '' }
const TAR_RECORD_BYTES = 10_240

function archiveOf(bytes: number): Buffer {
  writeFileSync(join(work, 'file'), Buffer.alloc(bytes, 'x'))
  return execFileSync('tar', ['--create', '--file=-', '--blocking-factor=1', 'file'], { cwd: work })
}

function emptyDirectory(name: string): string {
  mkdirSync(join(work, name))
  return join(work, name)
}

test('an archive whose end comes after tar has ended is whole', async () => {
  for (const blocks of [16, 17, 18]) {
    const archive = new PassThrough()
    const directory = emptyDirectory(`late-${blocks}`)
    const done = unpack({ archive, directory, environment, signal: AbortSignal.timeout(10_000) })
    const bytes = archiveOf(512 * blocks)
    assert.equal(bytes.length % TAR_RECORD_BYTES === 0, blocks === 17)
    archive.write(bytes)
    await delay(200)
    archive.end()
    await done
    assert.deepEqual(readdirSync(directory), ['file'])
  }
})

test('an archive that breaks off is told in the words of what broke it', async () => {
  const archive = new PassThrough()
  const directory = emptyDirectory('broken')
  const done = unpack({ archive, directory, environment, signal: AbortSignal.timeout(10_000) })
  archive.write(archiveOf(64 * 1024).subarray(0, 20_000))
  archive.destroy(new Error('the daemon went away'))
  await assert.rejects(done, { message: 'the daemon went away' })
})

test('what is no archive is refused in the words of tar', async () => {
  const archive = new PassThrough()
  const directory = emptyDirectory('nonsense')
  const done = unpack({ archive, directory, environment, signal: AbortSignal.timeout(10_000) })
  archive.end(Buffer.alloc(4_096, 'nonsense'))
  await assert.rejects(done, { name: 'CommandFailure', message: /^tar: / })
})
