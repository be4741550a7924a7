import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barOf, systemStatus } from '../../../test/fixtures/scripted-director.ts'
import type { Build } from '../../release/release.ts'
import { headlineOf } from './headline.ts'

const { slots } = systemStatus()

const build = (version: string): Build => ({
  image: `app:${version}`,
  deploymentId: null,
  version,
  revision: null,
  hasConsole: true,
  madeBy: 1,
})

test('the headline says what visitors get and what could be brought back', () => {
  const routing = { live: 'secondary' as const, generation: 4, nginxAnswers: true, problem: null }
  assert.deepEqual(headlineOf({ slots, routing, live: build('2.0.0'), standby: build('1.9.0') }), {
    kind: 'serving',
    version: '2.0.0',
    slot: 'secondary',
    standby: '1.9.0 stands by on primary.',
  })
  assert.equal(
    headlineOf({ slots, routing, live: build('2.0.0'), standby: null }).standby,
    'Nothing stands by on primary, so there is nothing to roll back to.',
  )
})

test('before the first release there is nothing to name', () => {
  assert.deepEqual(
    headlineOf({
      slots,
      routing: { live: null, generation: null, nginxAnswers: true, problem: null },
      live: null,
      standby: null,
    }),
    { kind: 'nothing', version: null, slot: null, standby: 'The first release fills both slots.' },
  )
})

test('an nginx that does not answer serves nobody, whatever the disk says', () => {
  const routing = { live: 'secondary' as const, generation: 4, nginxAnswers: false, problem: 'No answer.' }
  assert.deepEqual(headlineOf({ slots, routing, live: build('2.0.0'), standby: build('1.9.0') }), {
    kind: 'silent',
    version: '2.0.0',
    slot: 'secondary',
    standby: 'It would serve 2.0.0 from secondary. 1.9.0 stands by on primary.',
  })
})

test('one build in both slots is no way back', () => {
  const routing = { live: 'primary' as const, generation: 1, nginxAnswers: true, problem: null }
  assert.equal(
    headlineOf({ slots, routing, live: build('1.0.0'), standby: build('1.0.0') }).standby,
    'The same build stands by on secondary: a rollback would change nothing yet.',
  )
})

test('a barred standby is no way back, and says why', () => {
  const routing = { live: 'primary' as const, generation: 4, nginxAnswers: true, problem: null }
  const barred = barOf({ ...build('1.3.0'), deploymentId: 'b10' })
  const status = { slots: { ...slots, secondary: { ...slots.secondary, barred } }, routing, standby: null }
  assert.equal(
    headlineOf({ ...status, live: build('1.4.0') }).standby,
    '1.3.0 on secondary is barred, so there is nothing to roll back to.',
  )
})
