import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from '../../test/fixtures/yard.ts'
import type { Slots } from '../release/ports.ts'
import type { SlotStart } from '../release/runtime.ts'
import { onSoundFiles } from './sound-files.ts'

const [LOST, NOW] = ['a'.repeat(64), 'b'.repeat(64)]

/** What was done with a slot that is started with `preload`, in order. */
async function startedWith(preload: string | null): Promise<string[]> {
  const acts: string[] = []
  const act = (name: string, { runtime }: Pick<SlotStart, 'runtime'>): void =>
    void acts.push(`${name} ${runtime.preload?.slice(0, 2) ?? 'none'}`)
  const slots: Slots = {
    ...{ inspect: async () => null, stop: async () => undefined, tail: async () => '' },
    start: async (_slot, start) => act('start', start),
  }
  const sound = onSoundFiles(slots, {
    mendEnvFile: async () => (preload === null ? 'deployment_state.env' : null),
    mustBeKept: async () => undefined,
    mendPreload: async (hash) => hash === LOST,
    writeOptions: async (_slot, start) => act('options', start),
  })
  const start = { build: build(1), release: 1, runtime: { environment: null, preload } }
  await sound.start('primary', start, (line) => acts.push(line), AbortSignal.timeout(1_000))
  return acts
}

test('a slot is started under the name of its own preload, be it lost, and with none where it had none', async () => {
  assert.deepEqual(await startedWith(NOW), ['options bb', 'start bb'])
  assert.deepEqual(await startedWith(LOST), [
    `state/preload/${LOST} was lost; the preload of now stands in for it in primary.`,
    'options aa',
    'start aa',
  ])
  assert.deepEqual(await startedWith(null), [
    'deployment_state.env was damaged and is taken from its copy.',
    'options none',
    'start none',
  ])
})
