import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isLive, onLiveChange, whileLive } from './is-live.ts'

const directory = await mkdtemp(join(tmpdir(), 'is-live-'))
after(() => rm(directory, { recursive: true }))
const link = join(directory, 'slot')
// Before anything asks: the state of a process is made once.
Object.assign(process.env, { SLOT: 'primary', SWITCHYARD_LIVE_LINK: link })

async function lead(slot: string): Promise<void> {
  await symlink(slot, `${link}.tmp`)
  await rename(`${link}.tmp`, link)
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(2_000)
  while (!isSo()) await delay(10, undefined, { signal: deadline })
}

test('work of the live slot begins with it, ends with it, and begins anew; what it throws stops nothing', async (t) => {
  const said = t.mock.method(console, 'error', () => undefined)
  await lead('secondary')
  const signals: AbortSignal[] = []
  whileLive((signal) => {
    signals.push(signal)
    throw new Error('no queue')
  })
  const heard: boolean[] = []
  const listening = new AbortController()
  onLiveChange((now) => heard.push(now), listening.signal)
  assert.deepEqual([isLive(), signals.length], [false, 0])
  await lead('primary')
  await until(() => signals.length === 1 && heard.length === 1)
  assert.equal(isLive(), true)
  await lead('secondary')
  await until(() => signals[0]?.aborted === true && heard.length === 2)
  listening.abort()
  await lead('primary')
  await until(() => signals.length === 2)
  assert.deepEqual(heard, [true, false])
  assert.equal(said.mock.calls[0]?.arguments[0], 'Work of the live slot failed:')
})
