import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings } from './settings.ts'

test('nothing set gives the defaults', () => {
  const result = readSettings(new Map(), {})
  assert.ok(result.ok)
  assert.equal(result.settings.COMPOSE_PROJECT_NAME, 'switchyard')
  assert.equal(result.settings.HTTP_PORT, 80)
  assert.equal(result.settings.NETWORK_PREFIX, '172.30.42')
  assert.equal(result.settings.NODE_IMAGE, 'node:26-slim')
  assert.equal(result.settings.SLOT_CPUS, undefined)
})

test('the environment beats the file, and an empty value is an unset one', () => {
  const file = new Map([
    ['HTTP_PORT', '8080'],
    ['PRIMARY_PORT', '9001'],
    ['SLOT_MEMORY', ''],
  ])
  const result = readSettings(file, { HTTP_PORT: '8090', PRIMARY_PORT: '' })
  assert.ok(result.ok)
  assert.equal(result.settings.HTTP_PORT, 8090)
  assert.equal(result.settings.PRIMARY_PORT, 9001)
  assert.equal(result.settings.SLOT_MEMORY, undefined)
})

test('every problem is named at once, with expectation, value and place', () => {
  const file = new Map([
    ['HTTP_PORT', 'eighty'],
    ['NETWORK_PREFIX', '172.30.420'],
    ['SLOT_CPUS', 'two'],
    ['BUILD_CPUS', '0.5'],
  ])
  const result = readSettings(file, {
    COMPOSE_PROJECT_NAME: 'My Project',
    HTTP_ADDRESS: 'localhost',
    SECONDARY_PORT: '70000',
  })
  assert.deepEqual(result, {
    ok: false,
    problems: [
      'COMPOSE_PROJECT_NAME: expected lower-case letters, digits, dashes and underscores, beginning with a letter or digit, got "My Project" (the environment)',
      'HTTP_ADDRESS: expected an IPv4 address of this machine, got "localhost" (the environment)',
      'HTTP_PORT: expected a port number, got "eighty" (switchyard.env)',
      'SECONDARY_PORT: expected 1 to 65535, got "70000" (the environment)',
      'NETWORK_PREFIX: expected the first three numbers of a network, such as 172.30.42, got "172.30.420" (switchyard.env)',
      'SLOT_CPUS: expected a number of cores, such as 0.5 or 2, got "two" (switchyard.env)',
      'BUILD_CPUS: expected a whole number of cores, 1 or more, got "0.5" (switchyard.env)',
    ],
  })
})

test('what is kept is counted in whole numbers, and the disk in amounts', () => {
  const result = readSettings(
    new Map([
      ['KEEP_BUILDS', '2.5'],
      ['KEEP_DAYS', '-1'],
      ['MIN_FREE_DISK', '20'],
    ]),
    {},
  )
  assert.deepEqual(result, {
    ok: false,
    problems: [
      'KEEP_BUILDS: expected a whole number, got "2.5" (switchyard.env)',
      'KEEP_DAYS: expected 0 to 3650, got "-1" (switchyard.env)',
      'MIN_FREE_DISK: expected an amount of disk space, such as 500m or 2g, got "20" (switchyard.env)',
    ],
  })
  const given = readSettings(new Map([['KEEP_BUILDS', '0']]), { MIN_FREE_DISK: '500m' })
  assert.ok(given.ok)
  const { KEEP_BUILDS, KEEP_DAYS, MIN_FREE_DISK } = given.settings
  assert.deepEqual([KEEP_BUILDS, KEEP_DAYS, MIN_FREE_DISK], [0, 7, '500m'])
})

test('a name that is no setting is refused, with the nearest that is one', () => {
  const file = new Map([
    ['SLOT_MEMRY', '300m'],
    ['http_port', '8080'],
    ['DATABASE_URL', 'postgres://db'],
    ['PRIMARY_PORT', '0'],
  ])
  assert.deepEqual(readSettings(file, { HTTP_PROXY: 'http://proxy:3128', SLOT_CPU: '2' }), {
    ok: false,
    problems: [
      'SLOT_MEMRY: there is no setting of this name, the nearest is SLOT_MEMORY (switchyard.env)',
      'http_port: there is no setting of this name, the nearest is HTTP_PORT (switchyard.env)',
      "DATABASE_URL: there is no setting of this name, the app's own go into app.env or app.build.env (switchyard.env)",
      'PRIMARY_PORT: expected 1 to 65535, got "0" (switchyard.env)',
    ],
  })
})

test('memory in which nothing starts is refused', () => {
  const file = new Map([
    ['SLOT_MEMORY', '63m'],
    ['PROXY_MEMORY', '65535k'],
    ['DIRECTOR_MEMORY', 'lots'],
  ])
  assert.deepEqual(readSettings(file, {}), {
    ok: false,
    problems: [
      'SLOT_MEMORY: expected 64m or more, got "63m" (switchyard.env)',
      'DIRECTOR_MEMORY: expected an amount of memory, such as 512m or 2g, got "lots" (switchyard.env)',
      'PROXY_MEMORY: expected 64m or more, got "65535k" (switchyard.env)',
    ],
  })
  for (const enough of ['64m', '64MB', '65536k', '1g']) {
    assert.ok(readSettings(new Map([['SLOT_MEMORY', enough]]), {}).ok, enough)
  }
})

test('one port for two purposes is refused', () => {
  assert.deepEqual(readSettings(new Map([['HTTP_PORT', '8001']]), {}), {
    ok: false,
    problems: ['HTTP_PORT and PRIMARY_PORT: expected two different ports, got 8001 for both'],
  })
})

test('limits of nginx are told by what they may be', () => {
  const problemsOf = (name: string, value: string) => {
    const result = readSettings(new Map([[name, value]]), {})
    return result.ok ? [] : result.problems
  }
  const body = 'expected 1k to 100m: nginx keeps uploads in 128 MB of memory until they have arrived'
  for (const [name, value, expectation] of [
    ['MAX_BODY', '200m', body],
    ['MAX_BODY', '1g', body],
    ['MAX_BODY', '10; root /;', 'expected an amount such as 512k or 10m'],
    ['MAX_HEADERS', '1m', 'expected 8k to 128k'],
    ['MAX_HEADERS', '64', 'expected an amount such as 64k'],
    ['READ_TIMEOUT', '0', 'expected 1s to 1h'],
    ['READ_TIMEOUT', '2 minutes', 'expected a time such as 120s or 5m'],
    ['HSTS_SECONDS', '-1', 'expected 0 to 63072000'],
  ] as const) {
    assert.deepEqual(problemsOf(name, value), [
      `${name}: ${expectation}, got ${JSON.stringify(value)} (switchyard.env)`,
    ])
  }
  for (const [name, value] of [
    ['MAX_BODY', '100m'],
    ['MAX_HEADERS', '128K'],
    ['READ_TIMEOUT', '90'],
    ['READ_TIMEOUT', '1h'],
    ['HSTS_SECONDS', '31536000'],
  ] as const) {
    assert.deepEqual(problemsOf(name, value), [])
  }
})

test('no setting holds control characters or marks of direction', () => {
  const result = readSettings(new Map([['ALLOWED_IMAGES', 'ghcr.io/\u202eshop/*']]), {
    WARM_UP_PATHS: '/\u0000',
  })
  assert.deepEqual(result, {
    ok: false,
    problems: [
      'ALLOWED_IMAGES: Leave out control characters and marks of direction: it holds U+202E (switchyard.env)',
      'WARM_UP_PATHS: Leave out control characters and marks of direction: it holds U+0000 (the environment)',
    ],
  })
})

test('a version that no build can have is named', () => {
  const read = (value: string) => readSettings(new Map([['APP_VERSION', value]]), {})
  assert.deepEqual(read('2.4 beta'), {
    ok: false,
    problems: [
      'APP_VERSION: expected up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit, got "2.4 beta" (switchyard.env)',
    ],
  })
  assert.ok(read('2.4.0').ok && read('').ok)
})
