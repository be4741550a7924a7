import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { liveness } from './live.cjs'

const directory = await mkdtemp(join(tmpdir(), 'live-'))
after(() => rm(directory, { recursive: true }))
const SWITCHYARD_LIVE_LINK = join(directory, 'slot')

/** As the director does it. */
async function lead(slot: string): Promise<void> {
  await symlink(slot, `${SWITCHYARD_LIVE_LINK}.tmp`)
  await rename(`${SWITCHYARD_LIVE_LINK}.tmp`, SWITCHYARD_LIVE_LINK)
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(1_000)
  while (!isSo()) await delay(10, undefined, { signal: deadline })
}

test('one slot is live at a time, at the moment at which the link is renamed', async () => {
  const { signal } = new AbortController()
  const [primary, secondary] = ['primary', 'secondary'].map((SLOT) =>
    liveness({ SLOT, SWITCHYARD_LIVE_LINK }, signal),
  )
  const seen = () => [primary?.isLive(), secondary?.isLive()]
  await rm(SWITCHYARD_LIVE_LINK, { force: true })
  assert.deepEqual(seen(), [false, false])
  await lead('primary')
  assert.deepEqual(seen(), [true, false])
  await lead('secondary')
  assert.deepEqual(seen(), [false, true])
})

test('who listens hears of each change, and of none before or after', async () => {
  await lead('secondary')
  const stop = new AbortController()
  const { onChange } = liveness({ SLOT: 'primary', SWITCHYARD_LIVE_LINK }, stop.signal)
  const heard: boolean[] = []
  const other: boolean[] = []
  const end = onChange((isLive) => heard.push(isLive))
  onChange(() => {
    throw new Error('a mistake of the app')
  })
  onChange((isLive) => other.push(isLive))
  await lead('primary')
  await until(() => other.length === 1)
  end()
  await lead('secondary')
  await until(() => other.length === 2)
  await lead('primary')
  await until(() => other.length === 3)
  stop.abort()
  assert.deepEqual(heard, [true])
  assert.deepEqual(other, [true, false, true, false], 'a slot that stops is told at once')
})

test('a slot that was told to stop is not live, and a process that is no slot is', async () => {
  await lead('primary')
  const stop = new AbortController()
  const slot = liveness({ SLOT: 'primary', SWITCHYARD_LIVE_LINK }, stop.signal)
  assert.equal(slot.isLive(), true)
  stop.abort()
  assert.equal(slot.isLive(), false)
  assert.equal(liveness({ SWITCHYARD_LIVE_LINK }, new AbortController().signal).isLive(), true)
})
