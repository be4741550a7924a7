import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSlotConfig } from './slot.ts'

test('a deployed slot reads its name, release and build', () => {
  const config = readSlotConfig({
    NODE_ENV: 'production',
    SLOT: 'secondary',
    SWITCHYARD_RELEASE: '12',
    SWITCHYARD_VERSION: '1.4.0',
    SWITCHYARD_REVISION: '1a2b3c4',
    SWITCHYARD_DEPLOYMENT_ID: 'b42-1a2b3c4',
  })
  assert.deepEqual(config, {
    slot: 'secondary',
    release: 12,
    version: '1.4.0',
    revision: '1a2b3c4',
    deploymentId: 'b42-1a2b3c4',
  })
})

test('development needs nothing', () => {
  const config = readSlotConfig({ NODE_ENV: 'development', SWITCHYARD_RELEASE: '' })
  assert.equal(config.slot, 'primary')
  assert.equal(config.release, 0)
  assert.equal(config.version, 'development')
  assert.equal(config.deploymentId, null)
})

test('every wrong variable is named at once, with what was expected and what was there', () => {
  assert.throws(
    () =>
      readSlotConfig({
        NODE_ENV: 'production',
        SLOT: 'blue',
        SWITCHYARD_RELEASE: '-1',
        SWITCHYARD_DEPLOYMENT_ID: '1.2.3',
      }),
    {
      message: [
        'This slot can not start; its environment is wrong:',
        '  SLOT: expected primary or secondary, got "blue"',
        '  SWITCHYARD_RELEASE: expected a whole number, got "-1"',
        '  SWITCHYARD_DEPLOYMENT_ID: expected up to 64 letters, digits, dashes and underscores, got "1.2.3"',
      ].join('\n'),
    },
  )
})

test('a deployed slot that is not told its name does not guess one', () => {
  assert.throws(() => readSlotConfig({ NODE_ENV: 'production' }), {
    message:
      'This slot can not start; its environment is wrong:\n  SLOT: expected primary or secondary, got nothing',
  })
})
