import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { RoutingState } from '../release/ports.ts'
import { writeGeneration } from './switch.ts'
import { toldIn, toldLive } from './told.ts'

const root = await mkdtemp(join(tmpdir(), 'told-'))
after(() => rm(root, { recursive: true }))
let made = 0
const freshLive = (): string => join(root, String(made++), 'live')

const generation = (number: number, live: RoutingState['live']): RoutingState => ({
  ...{ generation: number, live, up: live === null ? [] : ['primary', 'secondary'], shares: {}, pins: [] },
  ...{ console: null, barred: [], release: number },
})

test('slots are told with each move who is live, and see nothing else of the routing', async () => {
  const liveDir = freshLive()
  assert.equal(await toldLive(liveDir), null)
  const umask = process.umask(0o077)
  try {
    for (const [index, live] of (['primary', 'secondary', null, 'primary'] as const).entries()) {
      await writeGeneration(liveDir, generation(index + 1, live))
      assert.equal(await toldLive(liveDir), live)
    }
  } finally {
    process.umask(umask)
  }
  assert.deepEqual(await readdir(join(liveDir, 'told')), ['slot'])
  assert.equal((await stat(join(liveDir, 'told'))).mode & 0o777, 0o755)
})

test('what was left apart by a kill between the two is mended, by the same generation or by who looks', async () => {
  const liveDir = freshLive()
  await writeGeneration(liveDir, generation(1, 'secondary'))
  const link = join(liveDir, 'told', 'slot')
  for (const mend of [
    () => writeGeneration(liveDir, generation(1, 'secondary')),
    () => toldIn(liveDir).mend(),
  ]) {
    await rm(link)
    await symlink('primary', link)
    await symlink('primary', `${link}.tmp`)
    assert.equal(await toldIn(liveDir).isRight(), false)
    await mend()
    assert.equal(await toldIn(liveDir).isRight(), true)
    assert.equal(await toldLive(liveDir), 'secondary')
  }
})
