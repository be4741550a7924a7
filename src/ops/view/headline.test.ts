import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Build } from '../../release/release.ts'
import { headlineOf } from './headline.ts'

const build = (version: string): Build => ({
  image: `app:${version}`,
  deploymentId: null,
  version,
  revision: null,
  hasConsole: true,
  madeBy: 1,
})

test('the headline says what visitors get and what could be brought back', () => {
  const routing = { live: 'secondary' as const, generation: 4, problem: null }
  assert.deepEqual(headlineOf({ routing, live: build('2.0.0'), standby: build('1.9.0') }), {
    isServing: true,
    version: '2.0.0',
    slot: 'secondary',
    standby: '1.9.0 stands by on primary.',
  })
  assert.equal(
    headlineOf({ routing, live: build('2.0.0'), standby: null }).standby,
    'Nothing stands by on primary, so there is nothing to roll back to.',
  )
})

test('before the first release there is nothing to name', () => {
  assert.deepEqual(
    headlineOf({ routing: { live: null, generation: null, problem: null }, live: null, standby: null }),
    { isServing: false, version: null, slot: null, standby: 'The first release fills both slots.' },
  )
})
