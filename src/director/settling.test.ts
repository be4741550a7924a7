import assert from 'node:assert/strict'
import { rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { draft, killedAt, type Yard, yard } from '../../test/fixtures/yard.ts'
import { runRelease } from '../release/engine.ts'
import { otherSlot } from '../release/slot.ts'
import { openJournal } from '../state/journal.ts'
import { takeLock } from '../state/lock.ts'
import type { ScriptRollback } from './adopt.ts'
import { settling } from './settling.ts'

function over({ parts, lockPath }: Yard, word: ScriptRollback | Error | null = null) {
  const lines: string[] = []
  const left = settling({
    parts,
    lockPath,
    log: (_release, text) => lines.push(text),
    script: {
      read: async () => {
        if (word instanceof Error) throw word
        return word
      },
      forget: async () => undefined,
    },
  })
  return { left, lines }
}

test('a move by ./rollback.sh is entered with its name and time, and written down', async () => {
  const system = await yard()
  await system.move('primary', null)
  const { left } = over(system, { generation: 3, to: 'primary', at: '2026-01-01T00:00:00Z', by: 'ada' })
  await left.now()
  const release = system.journal.newestLive()
  assert.deepEqual(
    [release?.verb, release?.slot, release?.from, release?.actor.name, release?.replaces?.version],
    ['rollback', 'primary', 'secondary', 'ada', '2.0.0'],
  )
  assert.equal(
    release?.recovery,
    'Rolled back by ./rollback.sh at 2026-01-01T00:00:00Z; the director took it over.',
  )
  assert.deepEqual(system.acts, ['env shop:1 shop:2 primary'])
  await left.now()
  assert.equal(system.journal.newestLive()?.id, release?.id)
})

for (const [how, word] of [
  ['left no word', null],
  ['left a word that can not be read', new Error('state/rollback.json is not a record of rollback.sh')],
  [
    'left the word of an earlier move',
    { generation: 2, to: 'primary', at: '2025-01-01T00:00:00Z', by: 'bob' },
  ],
] as const) {
  test(`a move by a script that ${how} is entered all the same`, async () => {
    const system = await yard()
    await system.move('primary', null)
    await over(system, word).left.now()
    const release = system.journal.newestLive()
    assert.deepEqual([release?.slot, release?.actor.name], ['primary', 'someone on the host'])
    assert.equal(
      release?.recovery,
      'The traffic was found at primary, where no release of the director had led it; the director took it over.',
    )
    assert.deepEqual(system.acts, ['env shop:1 shop:2 primary'])
  })
}

test('a routing that is lost is written anew by the journal, newer than all on disk, and said once', async () => {
  const system = await yard()
  const { left, lines } = over(system)
  const before = (await system.routing()) ?? assert.fail()
  const { id } = await killedAt(system, 'drain')
  await rm(join(system.liveDir, 'current'))
  await left.now()
  await left.now()
  const now = await system.routing()
  assert.deepEqual(now, { ...before, generation: before.generation + 1 })
  assert.deepEqual(lines.slice(0, 1), [
    'nginx/live/current led to no slot, so visitors were not served. ' +
      'The director wrote the routing anew from the journal: secondary is live (generation 3).',
  ])
  assert.equal(lines.filter((line) => line.includes('led to no slot')).length, 1)
  assert.equal(system.journal.get(id)?.state, 'aborted')
  assert.equal(left.problem(), null)
})

for (const back of [1, 2, 3]) {
  test(`a symlink undone by ${back} generations leads no tab to a slot that runs another build by now`, async () => {
    const system = await yard()
    for (const slot of ['primary', 'secondary'] as const) {
      const { id } = system.journal.create(draft({ slot, from: otherSlot(slot) }))
      await runRelease(system.parts, id, () => undefined, AbortSignal.timeout(10_000))
    }
    const { left } = over(system)
    await left.now()
    const { generation } = (await system.routing()) ?? assert.fail()
    const current = join(system.liveDir, 'current')
    await rm(current)
    await symlink(`gen-${generation - back}`, current)
    const found = await system.routing()
    await left.now()
    const now = await system.routing()
    const pins = now?.pins.map(({ deploymentId, slot }) => `${deploymentId} ${slot}`).toSorted()
    assert.deepEqual(pins, ['b3 primary', 'b4 secondary'])
    assert.deepEqual([now?.live, now?.up], [found?.live, ['primary', 'secondary']])
    await left.now()
    assert.deepEqual(await system.routing(), now)
  })
}

test('tabs that were led to a slot by hand stay away from it while it does not answer', async () => {
  const system = await yard()
  const { left } = over(system)
  await left.now()
  const before = (await system.routing()) ?? assert.fail()
  const pins = [{ deploymentId: 'b0', slot: 'primary' as const }]
  await system.parts.traffic.write({ ...before, generation: before.generation + 1, pins })
  system.says.primary = null
  await left.now()
  const now = await system.routing()
  assert.deepEqual([now?.up, now?.pins], [['secondary'], [{ deploymentId: 'b2', slot: 'secondary' }]])
})

test('without a journal the routing is left as it is', async () => {
  const system = await yard()
  const before = await system.routing()
  const journal = openJournal(join(system.liveDir, '..', 'anew.db'))
  const { left } = over({ ...system, parts: { ...system.parts, journal, bars: journal.bars } })
  await left.now()
  journal.close()
  assert.deepEqual(await system.routing(), before)
})

test('a routing that is lost reaches no slot beside the live one that does not answer', async () => {
  const system = await yard()
  system.says.primary = null
  await rm(join(system.liveDir, 'current'))
  const { left } = over(system)
  await left.now()
  assert.deepEqual((await system.routing())?.up, ['secondary'])
  system.says.primary = 'operational'
  await left.now()
  assert.deepEqual((await system.routing())?.up, ['primary', 'secondary'])
})

test('what can not be settled is said once, keeps releases from beginning, and is settled when it can be', async () => {
  const system = await yard()
  const { id } = await killedAt(system, 'build')
  const flag = join(system.liveDir, 'current', 'live-primary')
  await writeFile(flag, '')
  const { left, lines } = over(system)
  await left.now()
  await left.now()
  const sentence =
    `Release ${id} can't be settled: The routing in nginx/live was changed by hand: ` +
    'gen-2 has live-primary besides.'
  assert.equal(left.problem(), sentence)
  assert.deepEqual(lines, [`${sentence} The director tries again every few seconds.`])
  await assert.rejects(left.underLock(), { code: 'routing-edited' })
  assert.equal(system.journal.get(id)?.state, 'preparing')

  await rm(flag)
  await left.now()
  assert.equal(left.problem(), null)
  assert.equal(system.journal.get(id)?.state, 'aborted')
  await left.underLock()
})

for (const moved of [false, true]) {
  test(`what is settled ${moved ? 'forward' : 'backward'} and can not be written is said once it is`, async () => {
    const system = await yard()
    const { id } = await killedAt(system, moved ? 'confirm' : 'build', { moved })
    const { append } = system.journal
    system.parts.journal = {
      ...system.journal,
      append: () => {
        throw new Error('database or disk is full')
      },
    }
    const { left, lines } = over(system)
    await left.now()
    await left.now()
    const refused = `Release ${id} can't be settled: database or disk is full.`
    assert.deepEqual(lines, [`${refused} The director tries again every few seconds.`])
    system.parts.journal.append = append
    await left.now()
    const release = system.journal.get(id)
    assert.equal(release?.state, moved ? 'live' : 'aborted')
    assert.deepEqual(lines.slice(1), [release?.recovery])
  })
}

test('whoever holds the lock is not disturbed', async () => {
  const system = await yard()
  const { id } = await killedAt(system, 'build')
  const actor = { kind: 'host', name: 'ada' } as const
  const held = await takeLock(system.lockPath, { verb: 'rollback', release: null, actor, since: '' })
  const { left } = over(system)
  await left.now()
  assert.equal(system.journal.get(id)?.state, 'preparing')
  held?.release()
  await left.now()
  assert.equal(system.journal.get(id)?.state, 'aborted')
})
