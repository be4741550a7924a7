import assert from 'node:assert/strict'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stateDirectory } from '../../../test/fixtures/identity.ts'
import { openIdentity } from './identity.ts'

test('without its secret the director does not start', async () => {
  const stateDir = stateDirectory()
  const path = join(stateDir, 'secrets', 'auth.key')
  rmSync(path)
  await assert.rejects(openIdentity({ stateDir }), {
    message: `The secret ${path} can't be read (ENOENT: no such file or directory, open '${path}'). Run \`npm run up\`, which makes it where it is missing.`,
  })
})

test('with a short secret the director does not start', async () => {
  const stateDir = stateDirectory()
  const path = join(stateDir, 'secrets', 'auth.key')
  writeFileSync(path, 'changeme\n')
  await assert.rejects(openIdentity({ stateDir }), {
    message: `The secret in ${path} has 8 characters, at least 32 are needed. Remove it and run \`npm run up\`, which makes a new one; every operator has to sign in again.`,
  })
})

test('only its owner can read the database', async () => {
  const stateDir = stateDirectory()
  const identity = await openIdentity({ stateDir })
  assert.equal(statSync(join(stateDir, 'identity.db')).mode & 0o777, 0o600)
  identity.close()
})
