import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { takeLock } from '../state/lock.ts'
import { keepTold } from './keep-told.ts'

const root = await mkdtemp(join(tmpdir(), 'keep-told-'))
after(() => rm(root, { recursive: true }))
const HOLDER = { verb: 'deploy', release: 1, actor: { kind: 'host', name: 'root' }, since: '' } as const

test('slots that are told what is not so are told anew, once whoever moves the traffic is done', async (t) => {
  const lockPath = join(root, 'deploy.lock')
  const said = t.mock.method(console, 'log', () => undefined)
  let isRight = true
  let mends = 0
  const told = {
    isRight: async () => isRight,
    mend: async () => {
      mends++
      isRight = true
      return 'primary' as const
    },
  }
  const held = await takeLock(lockPath, HOLDER)
  isRight = false
  const stop = new AbortController()
  const keeping = keepTold({ told, lockPath }, stop.signal)
  await delay(100)
  assert.equal(mends, 0, 'in nobody else’s lock')
  held?.release()
  const deadline = AbortSignal.timeout(3_000)
  while (mends === 0) await delay(20, undefined, { signal: deadline })
  stop.abort()
  await keeping
  assert.equal(mends, 1)
  assert.equal(said.mock.calls[0]?.arguments[0], 'The slots are told that primary is live.')
})
