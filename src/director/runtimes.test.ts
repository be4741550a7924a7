import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { draft, yard } from '../../test/fixtures/yard.ts'
import { ReleaseError } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import { UNRECORDED } from '../release/runtime.ts'
import { preloadStore } from '../state/preload/store.ts'
import { environmentFindings, freshPreload, mendPreloads, runtimesOf } from './runtimes.ts'

const directory = mkdtempSync(join(tmpdir(), 'runtimes-'))
after(() => rmSync(directory, { recursive: true }))
beforeEach(() => rmSync(join(directory, 'state'), { recursive: true, force: true }))

const runtimes = runtimesOf(directory)
const write = (text: string, file = 'app.env'): void => writeFileSync(join(directory, file), text)
const now = () => runtimes.now(() => undefined, AbortSignal.timeout(1_000))

async function sentence(work: Promise<unknown>): Promise<string> {
  const cause: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return cause instanceof ReleaseError ? describeError(cause, '').what : assert.fail()
}

test('what app.env says is kept, and told apart by names', async () => {
  write('A=1\nB=2\n')
  const first = await now()
  assert.deepEqual(await now(), first)
  write('A=hunter2\nC=3\n')
  const change = { added: ['C'], removed: ['B'], changed: ['A'] }
  assert.deepEqual(await runtimes.change(first, 'now'), change)
  assert.deepEqual(await runtimes.change(first, await now()), change)
  assert.equal(await runtimes.change(UNRECORDED, 'now'), null)
  write('A="\n')
  assert.equal(await runtimes.change(first, 'now'), null)
})

test('a line that is wrong keeps a release from having an environment', async () => {
  write('A=1\nT="hunter2\n')
  assert.equal(await sentence(now()), 'app.env, line 2, T: its value has no closing ".')
  assert.deepEqual(await environmentFindings(directory, { kind: 'tree' }), [
    {
      code: 'environment-invalid',
      name: 'app.env',
      outcome: 'refused',
      sentence: 'app.env, line 2, T: its value has no closing ".',
    },
  ])
})

test('app.build.env is looked at where something is built, and names that stand twice are told', async () => {
  write('A=1\nA=2\n')
  write('no assignment\n', 'app.build.env')
  const outcomes = async (kind: 'tree' | 'standby') =>
    (await environmentFindings(directory, { kind })).map(({ name, outcome }) => `${name} ${outcome}`)
  assert.deepEqual(await outcomes('tree'), ['app.env warning', 'app.build.env refused'])
  assert.deepEqual(await outcomes('standby'), ['app.env warning'])
})

test('what slots run with stays, and what nobody needs goes when it is meant to', async () => {
  write('A=1\n')
  const kept = await now()
  write('A=2\n')
  const gone = await now()
  assert.equal(await runtimes.prune([kept, gone], false), false)
  assert.equal(await runtimes.prune([kept], false), true)
  await runtimes.mustBeKept(gone, 'primary')
  const half = join(directory, 'state/environments', `${'f'.repeat(64)}.env.tmp`)
  writeFileSync(half, 'T="hunter2')
  assert.equal(await runtimes.prune([kept], true), true)
  assert.equal(existsSync(half), false)
  await runtimes.mustBeKept(kept, 'primary')
  await runtimes.mustBeKept(UNRECORDED, 'primary')
  assert.equal(
    await sentence(runtimes.mustBeKept(gone, 'primary')),
    `The primary slot could not be started: state/environments/${gone.environment}.env, the environment that its build ran with, is lost.`,
  )
})

test('the preloads that journal or env file name stay, and one of them that is lost leads to today’s', async () => {
  const [kept, source] = [join(directory, 'state/preload'), join(directory, 'state/source')]
  mkdirSync(source, { recursive: true })
  const preloads = preloadStore(kept, source)
  const become = async (text: string): Promise<string> => {
    writeFileSync(join(source, 'main.cjs'), text)
    return preloads.keep()
  }
  const [held, underWay] = [await become('1'), await become('2')]
  const [named, unused] = [await become('3'), await become('4')]
  writeFileSync(join(source, 'main.cjs'), '5')
  const system = await yard()
  for (const preload of [held, underWay]) {
    const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
    system.journal.append(id, { type: 'runtime', runtime: { environment: null, preload }, change: null })
    if (preload === underWay) break
    system.journal.append(id, { type: 'switching' })
    system.journal.append(id, { type: 'live' })
  }
  const parts = {
    journal: system.journal,
    envFile: { runtimes: async () => [{ environment: null, preload: named }] },
  }
  const now = await freshPreload(preloads, parts)
  const there = () => [held, underWay, named, unused, now].map((hash) => existsSync(join(kept, hash)))
  assert.deepEqual(there(), [true, true, true, false, true])
  for (const hash of [held, underWay, named]) rmSync(join(kept, hash), { recursive: true })
  assert.deepEqual((await mendPreloads(preloads, parts)).toSorted(), [held, underWay, named].toSorted())
  assert.deepEqual(await mendPreloads(preloads, parts), [])
  for (const hash of [held, underWay, named])
    assert.equal(readFileSync(join(kept, hash, 'main.cjs'), 'utf8'), '5')
})
