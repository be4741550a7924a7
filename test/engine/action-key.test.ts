import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'

const root = join(import.meta.dirname, '..', '..')
const manifestSchema = z.object({ encryptionKey: z.string() })

/** Next's own file, where it keeps the key of the build before for 14 days. */
const KEPT = join(root, '.next/cache/.rscinfo')

/**
 * Next keeps no key where it believes to run in a container. BuildKit's containers hide that from it on current Docker;
 * where this test runs in one, the mark of it is hidden here.
 */
const OUTSIDE = `
  set -e
  top=$(mktemp -d)
  mount -t tmpfs tmpfs "$top"
  mount --make-unbindable "$top"
  for path in /*; do
    if [ -L "$path" ]; then cp -a "$path" "$top$path"
    elif [ -d "$path" ]; then mkdir "$top$path"; mount --rbind "$path" "$top$path"
    fi
  done
  exec chroot "$top" env -C "$1" "$2" scripts/build.mjs
`

test('a build forgets the server actions’ key of the build before, wherever it runs', () => {
  const former = Buffer.alloc(32, 7).toString('base64')
  mkdirSync(join(root, '.next/cache'), { recursive: true })
  const kept = { 'encryption.key': former, 'encryption.expire_at': Date.now() + 24 * 60 * 60_000 }
  writeFileSync(KEPT, JSON.stringify(kept))
  const argv = ['--mount', '--propagation', 'private', 'sh', '-c', OUTSIDE, 'sh', root, process.execPath]
  const { status, stdout, stderr } = spawnSync('unshare', argv, {
    encoding: 'utf8',
    env: { ...process.env, NEXT_DEPLOYMENT_ID: 'key-test', NEXT_TELEMETRY_DISABLED: '1' },
    timeout: 180_000,
  })
  assert.equal(status, 0, `${stdout}\n${stderr}`)
  const manifest = JSON.parse(readFileSync(join(root, '.next/server/server-reference-manifest.json'), 'utf8'))
  const { encryptionKey } = manifestSchema.parse(manifest)
  assert.equal(Buffer.from(encryptionKey, 'base64').length, 32)
  assert.notEqual(encryptionKey, former)
  assert.ok(readFileSync(KEPT, 'utf8').includes(encryptionKey), 'Next keeps its key here')
})
