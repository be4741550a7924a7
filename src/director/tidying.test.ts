import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_STOCK } from '../../test/fixtures/bare-parts.ts'
import { daysAgo, image, inventory } from '../../test/fixtures/stored.ts'
import { yard } from '../../test/fixtures/yard.ts'
import { readHolder, takeLock } from '../state/lock.ts'
import { givesWay, tidying } from './tidying.ts'

const holder = (verb: string) => ({
  ...{ verb, release: null, since: '2026-01-01T00:00:00.000Z' },
  actor: { kind: 'host' as const, name: 'ada' },
})

/** A yard with three images that no release knows; `onRemove` runs under the lock. */
async function untidy(onRemove: () => Promise<void> = async () => undefined) {
  const { parts, lockPath } = await yard()
  const images = [97, 98, 99].map((number) => image(number, { createdAt: daysAgo(number) }))
  const said: string[] = []
  parts.stock = {
    ...NO_STOCK,
    take: async () => inventory({ images }),
    removeImage: async () => {
      await onRemove()
      images.pop()
      return null
    },
  }
  const tidy = tidying(parts, lockPath)
  return { tidy, lockPath, said, images, begin: () => tidy.begin((text) => said.push(text)) }
}

test('it holds the lock while it removes a build, as one that gives way, and a verb waits for that build alone', async () => {
  let asked = Promise.resolve()
  const seen: boolean[] = []
  const { tidy, begin, lockPath, images } = await untidy(async () => {
    seen.push(givesWay(await readHolder(lockPath)))
    asked = tidy.giveWay()
  })
  begin()
  begin()
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await asked
  const held = await takeLock(lockPath, holder('deploy'))
  assert.ok(held)
  assert.deepEqual([seen, images.length], [[true], 2])
  assert.equal(givesWay(await readHolder(lockPath)), false)
  held.release()
})

test('while another holds the lock nothing is removed and nothing told; the next time goes on', async () => {
  const { tidy, begin, lockPath, said, images } = await untidy()
  const held = await takeLock(lockPath, holder('rollback'))
  begin()
  await tidy.ended()
  assert.deepEqual([said, images.length], [[], 3])
  held?.release()
  begin()
  await tidy.ended()
  assert.deepEqual([said.length, images.length], [3, 0])
})
