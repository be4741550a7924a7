import assert from 'node:assert/strict'
import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { draft, killedAt, type Yard, yard } from '../../test/fixtures/yard.ts'
import { exitCodeOfRelease } from '../cli/exit-codes.ts'
import { outcomeWords } from './bar.ts'
import { barBuild, unbarBuild } from './barring.ts'
import { correctRouting, isRoutingCorrect } from './correct-routing.ts'
import { runRelease } from './engine.ts'
import { asReleaseError, ReleaseError } from './errors.ts'
import { describeError } from './messages.ts'
import { recover } from './recovery.ts'

const ada = { kind: 'operator', name: 'Ada' } as const
const quiet = (): void => undefined

const bar = ({ parts }: Yard, build: string, reason: string | null = null) =>
  barBuild(parts, { build, reason }, ada)
const unbar = ({ parts }: Yard, build: string) => unbarBuild(parts, { build }, ada)

async function refusalOf(refused: Promise<unknown>): Promise<[code: string, what: string]> {
  const error = await refused.then(
    () => assert.fail('It was not refused.'),
    (cause: unknown) => asReleaseError(cause),
  )
  return [error.code, describeError(error, '').what]
}

async function reach(system: Yard) {
  const routing = await system.routing()
  const pins = routing?.pins.map(({ deploymentId, slot }) => `${deploymentId} ${slot}`)
  return { up: routing?.up, barred: routing?.barred, pins, live: routing?.live }
}

const WITHOUT_PRIMARY = { up: ['secondary'], barred: ['primary'], pins: ['b2 secondary'], live: 'secondary' }

test('a barred build leaves the routing at once, and comes back when it is unbarred', async () => {
  const system = await yard()
  const outcome = await bar(system, 'b1', 'CVE-2026-1234')
  assert.deepEqual(await reach(system), WITHOUT_PRIMARY)
  assert.equal((await system.routing())?.release, 2)
  assert.equal(
    outcomeWords(outcome),
    '1.0.0 is barred. Its open tabs get 2.0.0 at their next request; a stream that is open goes on until primary is reused or stopped.',
  )
  assert.notEqual(outcome.tookMs, null)
  const back = await unbar(system, 'b1')
  assert.deepEqual(await reach(system), {
    ...{ up: ['primary', 'secondary'], barred: [], live: 'secondary' },
    pins: ['b2 secondary', 'b1 primary'],
  })
  assert.equal(
    outcomeWords(back),
    '1.0.0 may be used again: primary stands by, and tabs that still run 1.0.0 are back there.',
  )
})

test('the first bar stays who, when and why, and a second one changes nothing', async () => {
  const system = await yard()
  const { bar: first } = await bar(system, 'b1', 'A hole.')
  const generation = (await system.routing())?.generation
  const again = await bar(system, 'b1', 'Another reason')
  assert.deepEqual(again.bar, first)
  assert.equal((await system.routing())?.generation, generation)
  assert.match(
    outcomeWords(again),
    /^1\.0\.0 \(b1\) is barred by Ada since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: A hole\. Nothing has changed\. Its open tabs get 2\.0\.0 /,
  )
  await unbar(system, 'b1')
  assert.equal(outcomeWords(await unbar(system, 'b1')), '1.0.0 is not barred. Nothing has changed.')
})

test('the live build can not be barred, nor one that both slots run, nor one that nobody knows', async () => {
  const system = await yard()
  const live = 'is what visitors get, so it can not be barred.'
  assert.deepEqual(await refusalOf(bar(system, 'b2')), ['build-live', `2.0.0 (b2) ${live}`])
  const same = await yard()
  const { id } = same.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  same.journal.append(id, {
    type: 'built',
    build: { ...(same.journal.holderOf('secondary')?.build ?? assert.fail()), version: '2.0.1' },
  })
  same.journal.append(id, { type: 'switching' })
  same.journal.append(id, { type: 'live' })
  await same.move('primary', id)
  assert.deepEqual(await refusalOf(bar(same, 'b2')), ['build-live', `2.0.1 (b2) ${live}`])
  const unknown = 'No release has made or taken a build'
  for (const [build, hint] of [
    ['b2x', ' The nearest is b2.'],
    ['B1', ' The nearest is b1.'],
    ['1.0.0', ' That is the version of b1.'],
    ['something-else', ''],
  ] as const) {
    assert.deepEqual(await refusalOf(bar(system, build)), ['build-unknown', `${unknown} "${build}".${hint}`])
    assert.deepEqual(await refusalOf(unbar(system, build)), [
      'build-unknown',
      `${unknown} "${build}".${hint}`,
    ])
  }
  assert.deepEqual(system.journal.bars.list(), [])
})

test('a build that runs in no slot any more is barred without a new generation', async () => {
  const system = await yard()
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  await runRelease(system.parts, id, quiet, AbortSignal.timeout(10_000))
  assert.equal((await system.routing())?.live, 'primary')
  await runRelease(
    system.parts,
    system.journal.create(draft({ slot: 'secondary', from: 'primary' })).id,
    quiet,
    AbortSignal.timeout(10_000),
  )
  const generation = (await system.routing())?.generation
  const outcome = await bar(system, 'b1')
  assert.equal((await system.routing())?.generation, generation)
  assert.equal(
    outcomeWords(outcome),
    '1.0.0 is barred. It runs in no slot; it can not be deployed until it is unbarred.',
  )
  assert.equal(outcomeWords(await unbar(system, 'b1')), '1.0.0 may be deployed again.')
})

test('an unbarred build whose slot does not answer stays out of reach until it does', async () => {
  const system = await yard()
  await bar(system, 'b1')
  system.says.primary = null
  const outcome = await unbar(system, 'b1')
  assert.deepEqual(await reach(system), { ...WITHOUT_PRIMARY, barred: [] })
  assert.equal(
    outcomeWords(outcome),
    '1.0.0 may be used again, but primary does not answer as it should, so its tabs still get 2.0.0.',
  )
  assert.equal(await isRoutingCorrect(system.parts), true)
  assert.equal(await correctRouting(system.parts), null)
  system.says.primary = 'operational'
  assert.equal(await isRoutingCorrect(system.parts), false)
  await correctRouting(system.parts)
  assert.deepEqual(await reach(system), {
    ...{ up: ['primary', 'secondary'], barred: [], live: 'secondary' },
    pins: ['b2 secondary', 'b1 primary'],
  })
  assert.equal(await isRoutingCorrect(system.parts), true)
})

test('a slot that runs another build than it should stays out of reach', async () => {
  const system = await yard()
  // Its candidate is up and well, and no release is about to put it in front of anyone.
  await killedAt(system, 'health')
  const generation = (await system.routing())?.generation
  assert.equal(await isRoutingCorrect(system.parts), true)
  assert.equal(await correctRouting(system.parts), null)
  assert.equal((await system.routing())?.generation, generation)
})

test('a bar that nginx does not confirm stays, and says so', async () => {
  const system = await yard()
  system.faults.confirm = new ReleaseError('switch-unconfirmed', { reason: 'no answer in time' })
  assert.deepEqual(await refusalOf(bar(system, 'b1')), [
    'routing-unconfirmed',
    '1.0.0 (b1) is barred and the routing is written, but nginx does not confirm that it serves it: no answer in time.',
  ])
  assert.deepEqual(await reach(system), WITHOUT_PRIMARY)
  assert.equal((await refusalOf(bar(system, 'b1')))[0], 'routing-unconfirmed')
  delete system.faults.confirm
  assert.equal((await bar(system, 'b1')).isChange, false)
})

test('a bar whose routing can not be written is known all the same, and the routing follows later', async () => {
  const system = await yard()
  const obstacle = join(system.liveDir, 'current.tmp')
  await mkdir(obstacle)
  const [code, what] = await refusalOf(bar(system, 'b1'))
  assert.equal(code, 'routing-unconfirmed')
  assert.match(
    what,
    /^1\.0\.0 \(b1\) is barred, but the routing could not be written: .+\. The director tries again every few seconds\.$/,
  )
  assert.equal(await isRoutingCorrect(system.parts), false)
  assert.deepEqual((await system.routing())?.up, ['primary', 'secondary'])
  await rmdir(obstacle)
  await correctRouting(system.parts)
  assert.equal(await isRoutingCorrect(system.parts), true)
  assert.deepEqual(await reach(system), WITHOUT_PRIMARY)
})

test('an image of a barred build is refused before the slot is touched', async () => {
  const system = await yard()
  system.journal.bars.bar({ deploymentId: 'b3', version: '3.0.0' }, null, ada)
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const release = await runRelease(system.parts, id, quiet, AbortSignal.timeout(10_000))
  assert.equal(release.state, 'failed')
  assert.match(release.error?.what ?? '', /^3\.0\.0 \(b3\) is barred by Ada since .+ UTC\.$/)
  assert.equal(release.error?.next, 'Deploy another build, or unbar this one first (`switchyard unbar b3`).')
  assert.equal(release.build?.deploymentId, 'b3')
  assert.deepEqual(system.acts, [])
})

test('a release that fails over a barred build does not bring that back, and calls for nobody', async () => {
  const system = await yard()
  await bar(system, 'b1')
  const killed = await killedAt(system, 'health')
  const lines: string[] = []
  const release = await recover(system.parts, killed, (line) => lines.push(line))
  assert.equal(release.state, 'aborted')
  assert.equal(exitCodeOfRelease(release), 1)
  assert.deepEqual(system.acts, ['start primary shop:3 3', 'stop primary'])
  assert.match(
    lines.join('\n'),
    /^1\.0\.0 \(b1\) is barred by Ada since .+ UTC\. It is not brought back to primary\.$/m,
  )
  assert.deepEqual(await reach(system), WITHOUT_PRIMARY)
})

test('a release over a barred build puts its own in the routing', async () => {
  const system = await yard()
  await bar(system, 'b1')
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const release = await runRelease(system.parts, id, quiet, AbortSignal.timeout(10_000))
  assert.equal(release.state, 'live', JSON.stringify(release.error))
  assert.deepEqual(await reach(system), {
    ...{ up: ['primary', 'secondary'], barred: [], live: 'primary' },
    pins: ['b3 primary', 'b2 secondary'],
  })
})
