import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '../../setup/containers.ts'
import type { EnvFileSight } from '../seen.ts'
import { systemOf } from './system.ts'

const read = (values: Record<string, string>): EnvFileSight => ({
  kind: 'read',
  values: new Map(Object.entries(values)),
  ...{ link: 'right', isSound: true, isCopied: true },
})

const director: Pick<Container, 'Id' | 'Names' | 'Labels'> = {
  Id: 'one',
  Names: ['/shop-release-director'],
  Labels: {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'director',
    'com.docker.compose.project.working_dir': '/srv/shop',
  },
}

/** That of a system which was brought up before slots had networks of their own. */
const ONE_NETWORK = { control: '10.9.8', primary: '10.9.8', secondary: '10.9.8' }

test('a system is what its state file says', () => {
  const envFile = read({
    ...{ COMPOSE_PROJECT_NAME: 'shop', NETWORK_PREFIX: '10.9.8', CONTAINER_PREFIX: '', HTTP_PORT: '8080' },
    ...{ HTTP_ADDRESS: '127.0.0.1', HEALTH_DEADLINE_SECONDS: '15', WARM_UP_PATHS: '/, /shop' },
  })
  assert.deepEqual(systemOf('/srv/shop', envFile, [], []), {
    ...{ directory: '/srv/shop', project: 'shop', prefixes: ONE_NETWORK, containerPrefix: '' },
    ...{ httpAddress: '127.0.0.1', httpPort: 8080, toolsImage: 'switchyard-base/tools' },
    ...{ healthDeadlineMs: 15_000, minFreeBytes: 2 * 1024 ** 3, warmUpPaths: ['/', '/shop'] },
  })
})

test('without a state file it is what its director was started with', () => {
  const system = systemOf(
    '/srv/shop',
    { kind: 'absent', isCopied: false },
    [director],
    [...['COMPOSE_PROJECT_NAME=shop', 'NETWORK_PREFIX=10.9.8', 'HTTP_PORT=8080', 'WARM_UP_PATHS=/']],
  )
  assert.deepEqual(
    [system?.project, system?.prefixes, system?.containerPrefix, system?.httpPort],
    ['shop', ONE_NETWORK, 'shop-', 8080],
  )
})

test('a director of another directory is none of ours, and without any nothing was set up', () => {
  const elsewhere: Pick<Container, 'Id' | 'Names' | 'Labels'>[] = [director]
  assert.equal(systemOf('/srv/other', { kind: 'absent', isCopied: false }, elsewhere, []), null)
})
