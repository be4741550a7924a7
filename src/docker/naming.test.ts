import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploymentIdOf, isDeploymentId } from './deployment-id.ts'
import { describeProject } from './project.ts'
import { redaction } from './redact.ts'
import { versionOf } from './source/build-context.ts'
import { mayBeBuilt } from './source/kept-out.ts'

test('a deployment id tells the release, the commit and whether the tree was changed', () => {
  assert.equal(deploymentIdOf(42, '1a2b3c4', null), 'b42-1a2b3c4')
  assert.equal(deploymentIdOf(42, '1a2b3c4', '5d6e7f80'), 'b42-1a2b3c4-5d6e7f80')
  assert.equal(deploymentIdOf(42, null, '5d6e7f80'), 'b42-5d6e7f80')
})

test("a label of another's image is held to what nginx and Next take", () => {
  assert.ok(isDeploymentId('b42-1a2b3c4'))
  for (const wrong of ['', '../x', 'a b', 'a;b', '-a', 'a'.repeat(65), 'ä'])
    assert.equal(isDeploymentId(wrong), false)
})

test('a version comes from package.json and the commit', () => {
  const revision = '1a2b3c4d5e6f'
  assert.equal(versionOf('{"version":"1.2.0"}', revision, null), '1.2.0-1a2b3c4')
  assert.equal(versionOf('{"version":"1.2.0"}', revision, '5d6e7f80'), '1.2.0-1a2b3c4-5d6e7f80')
  assert.equal(versionOf('{"version":"rm -rf $(x)"}', null, '5d6e7f80'), '0.0.0-5d6e7f80')
  assert.equal(versionOf('not json', revision, null), '0.0.0-1a2b3c4')
  assert.equal(versionOf(null, revision, null), '0.0.0-1a2b3c4')
})

test('secrets, state and what a build makes are kept out of every build', () => {
  for (const path of [
    '.env',
    '.env.local',
    '.env.production',
    'app.env',
    'app.build.env',
    'switchyard.env',
    'state/identity.db',
    'nginx/live/current',
    '.git/config',
  ]) {
    assert.equal(mayBeBuilt(path), false, path)
  }
  for (const path of [
    'docs/.env.production',
    'src/env.production',
    'src/state/lock.ts',
    'nginx/proxy.conf',
    'states.ts',
    'docs/app.env',
  ]) {
    assert.equal(mayBeBuilt(path), true, path)
  }
})

test("the tools do not see compose's variables, which come from the env file", () => {
  const { environment } = describeProject({
    directory: '/srv/site',
    name: 'site',
    socketPath: '/var/run/docker.sock',
    environment: {
      PATH: '/bin',
      HTTP_PORT: '81',
      SECRET: 'x',
      DOCKER_CONFIG: '/tmp/docker',
      GIT_CONFIG_KEY_0: 'safe.directory',
    },
  })
  assert.deepEqual(environment, {
    DOCKER_HOST: 'unix:///var/run/docker.sock',
    LC_ALL: 'C.UTF-8',
    PATH: '/bin',
    DOCKER_CONFIG: '/tmp/docker',
    GIT_CONFIG_KEY_0: 'safe.directory',
  })
})

test('the values of the env files are replaced by their names, the longest first', () => {
  const redact = redaction([
    ['PASSWORD', 'hunter2hunter2'],
    ['DATABASE_URL', 'postgres://me:hunter2hunter2@db'],
    ['NEXT_PUBLIC_NAME', 'A public name'],
    ['NODE_ENV', 'production'],
    ['SHORT', 'abc'],
    ['EMPTY', ''],
  ])
  assert.equal(
    redact('postgres://me:hunter2hunter2@db, hunter2hunter2, A public name, production, abc'),
    '[DATABASE_URL], [PASSWORD], A public name, production, abc',
  )
})

test('a secret of several lines is redacted line by line too', () => {
  const key =
    '-----BEGIN PRIVATE KEY-----\r\nMIIEvQIBADANBgkqhkiG9w0B\r\nAQEFAASC\r\nab==\r\n-----END PRIVATE KEY-----'
  const redact = redaction([['SIGNING_KEY', key]])
  assert.equal(redact(`key: ${key}.`), 'key: [SIGNING_KEY].')
  assert.deepEqual(key.split('\r\n').map(redact), [
    '[SIGNING_KEY]',
    '[SIGNING_KEY]',
    '[SIGNING_KEY]',
    'ab==',
    '[SIGNING_KEY]',
  ])
})
