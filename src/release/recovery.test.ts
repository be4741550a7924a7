import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build, draft, killedAt, yard } from '../../test/fixtures/yard.ts'
import { exitCodeOfRelease } from '../cli/exit-codes.ts'
import { runRelease } from './engine.ts'
import { ReleaseError } from './errors.ts'
import { recover } from './recovery.ts'
import type { Release } from './release.ts'
import { UNRECORDED } from './runtime.ts'
import { undoRelease } from './undo.ts'
import { isUnrecorded, recordNewest } from './unrecorded.ts'

const quiet = (): void => undefined
const statesOf = ({ steps }: Release) => steps.map(({ name, state }) => `${name} ${state}`)
const NOTHING_MOVED = 'The director was stopped before the traffic moved; it aborted the release'

for (const step of ['start', 'health', 'assets'] as const) {
  test(`killed at ${step}, the slot gets its build back without being asked for its console`, async () => {
    const system = await yard()
    const release = await recover(system.parts, await killedAt(system, step), quiet)
    assert.equal(release.state, 'aborted')
    assert.equal(release.recovery, `${NOTHING_MOVED} and put everything back.`)
    assert.equal(release.error?.live, 'Visitors get 2.0.0 from the secondary slot, as before.')
    assert.equal(exitCodeOfRelease(release), 1)
    assert.deepEqual(system.acts, ['start primary shop:3 3', 'start primary shop:1 1', 'health primary 1'])
    assert.deepEqual((await system.routing())?.up, ['primary', 'secondary'])
  })
}

test('a standby that compose left running is left alone, and one that is being stopped is started again', async () => {
  const sound = await yard()
  await recover(sound.parts, await killedAt(sound, 'drain'), quiet)
  assert.deepEqual(sound.acts, [])
  const stopping = await yard()
  stopping.says.primary = 'draining'
  await recover(stopping.parts, await killedAt(stopping, 'drain'), quiet)
  assert.deepEqual(stopping.acts, ['stop primary', 'start primary shop:1 1', 'health primary 1'])
})

for (const [step, acts] of [
  ['start', ['stop primary', 'start primary shop:1 1', 'health primary 1']],
  ['health', ['start primary shop:1 1', 'health primary 1']],
] as const) {
  test(`killed at ${step}, a standby that still runs is not taken for one that nobody touched`, async () => {
    const system = await yard()
    const killed = await killedAt(system, step)
    // As inspect finds it beside the container of the candidate, which compose had created and not started.
    await system.parts.slots.start(
      'primary',
      { build: build(1), release: 1, runtime: UNRECORDED },
      quiet,
      AbortSignal.timeout(1_000),
    )
    system.acts.length = 0
    // The second time as one that was killed before it could say so.
    for (let time = 0; time < 2; time++) await undoRelease(system.parts, killed, quiet)
    assert.deepEqual(system.acts, acts)
    assert.deepEqual((await system.routing())?.up, ['primary', 'secondary'])
  })
}

test('a standby that is lost is said wherever the end is told, and calls for a person', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'health')
  system.faults.start = new ReleaseError('start-failed', {
    slot: 'primary',
    reason: 'there is no image shop:1',
  })
  const release = await recover(system.parts, killed, quiet)
  const loss =
    'The build that primary held could not be brought back, so there is no rollback for now: ' +
    'The primary slot could not be started: there is no image shop:1. The director tries again.'
  assert.equal(release.recovery, `${NOTHING_MOVED}. ${loss}`)
  assert.equal(release.error?.live, `Visitors get 2.0.0 from the secondary slot, as before. ${loss}`)
  assert.equal(exitCodeOfRelease(release), 2)
  assert.equal(system.acts.at(-1), 'stop primary')
  assert.deepEqual((await system.routing())?.up, ['secondary'])
})

test('killed right after the traffic had moved, the release is finished and none of its steps runs on', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'switch', { moved: true })
  await recover(system.parts, killed, quiet)
  await recordNewest(system.parts, quiet)
  const release = system.journal.replay(killed.id)
  assert.equal(release.state, 'live')
  assert.deepEqual(statesOf(release).slice(-3), ['switch done', 'confirm done', 'record done'])
  assert.match(
    release.recovery ?? '',
    /^The director was stopped after .+ it found primary healthy and finished/,
  )
  assert.equal(exitCodeOfRelease(release), 0)
  assert.deepEqual(system.acts.slice(-1), ['env shop:3 shop:2 primary'])
})

test('a release that was finished while nginx was silent calls for a person', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'confirm', { moved: true })
  system.faults.confirm = new ReleaseError('switch-unconfirmed', { reason: 'no answer in time' })
  const release = await recover(system.parts, killed, quiet)
  assert.match(release.recovery ?? '', / nginx could not confirm it yet: no answer in time\.$/)
  assert.equal(exitCodeOfRelease(release), 2)
})

test('what ./rollback.sh moved to the slot of a killed release is not taken from it', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'switch', { moved: true })
  await system.move('secondary', null)
  await system.move('primary', null)
  assert.equal((await recover(system.parts, killed, quiet)).state, 'live')
  assert.deepEqual(system.acts, ['start primary shop:3 3'])
})

test('a slot that visitors were sent to meanwhile is neither restarted nor stopped', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'drain')
  await system.move('primary', null)
  assert.equal((await recover(system.parts, killed, quiet)).state, 'aborted')
  assert.deepEqual(system.acts, [])
  assert.equal((await system.routing())?.live, 'primary')
})

test('a way back that nginx does not confirm is not called one', async () => {
  const system = await yard()
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  system.faults.confirm = new ReleaseError('switch-unconfirmed', {
    reason: 'nginx serves generation 2, not 5',
  })
  const lines: string[] = []
  const log = (_step: string, text: string) => lines.push(text)
  const release = await runRelease(system.parts, id, log, new AbortController().signal)
  const doubt =
    'The traffic was led back to secondary, but nginx does not confirm that it is there: nginx serves generation 2, not 5.'
  assert.equal(release.state, 'failed')
  assert.equal(release.error?.live, doubt)
  assert.ok(lines.includes(doubt))
  assert.equal(lines.includes('The traffic is back on secondary.'), false)
  assert.equal((await system.routing())?.live, 'secondary')
})

const ENOSPC = 'ENOSPC: no space left on device'

test('a way back that could not be written is not told as a director that was stopped', async () => {
  const system = await yard()
  system.faults.confirm = new ReleaseError('switch-unconfirmed', { reason: 'no answer in time' })
  const { write } = system.parts.traffic
  system.parts.traffic.write = async (next) => {
    if (next.live === 'secondary' && next.generation > 3) throw new Error(ENOSPC)
    return write(next)
  }
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const running = runRelease(system.parts, id, quiet, AbortSignal.timeout(10_000))
  await assert.rejects(running, { message: ENOSPC })
  const left = system.journal.get(id) ?? assert.fail()
  assert.deepEqual([left.state, statesOf(left).at(-2)], ['switching', 'confirm failed'])
  delete system.faults.confirm
  const release = await recover(system.parts, left, quiet)
  assert.equal(release.state, 'live')
  assert.equal(
    release.recovery,
    'The release had stopped at "Confirm the move through nginx" and was not undone at once; ' +
      'the director found primary healthy and finished the release. nginx confirms it.',
  )
  await recordNewest(system.parts, quiet)
  assert.equal(exitCodeOfRelease(system.journal.replay(id)), 0)
})

test('killed after a move that nginx was too late to confirm, it says that it was killed, and not that it failed', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'confirm', { moved: true })
  const detail = 'not confirmed: nginx is late'
  const left = system.journal.append(killed.id, {
    ...{ type: 'step-ended', name: 'confirm', outcome: 'failed', detail },
  })
  const { recovery } = await recover(system.parts, left, quiet)
  const says =
    'The director was stopped after the traffic had moved; it found primary healthy and finished the release.'
  assert.equal(recovery, `${says} nginx confirms it.`)
})

for (const [moved, recovery, what] of [
  [
    true,
    'The release could not go on after the traffic had moved. It was not undone at once; the director found primary healthy and finished the release. nginx confirms it.',
    undefined,
  ],
  [
    false,
    'The release could not go on after the switch had begun, and secondary is live. It was not undone at once; the director aborted the release and put everything back.',
    'The release could not go on after the switch had begun, and secondary is live.',
  ],
] as const) {
  test(`a director that could not write ${moved ? 'after' : 'before'} the move does not say that it was stopped`, async () => {
    const system = await yard()
    const killed = await killedAt(system, 'switch', { moved })
    const release = await recover(system.parts, killed, quiet, { isOwn: true })
    assert.deepEqual([release.recovery, release.error?.what], [recovery, what])
  })
}

for (const how of ['operational', 'gone'] as const) {
  for (const verb of ['deploy', 'rollback'] as const) {
    test(`a record of ${verb === 'deploy' ? 'the first start' : 'a move by hand'} that was cut off is finished where the slot is ${how}, and nothing is stopped`, async () => {
      const system = await yard()
      await system.move('primary', verb === 'deploy' ? 1 : null)
      const from = verb === 'deploy' ? null : 'secondary'
      const given = { ...draft({ verb, slot: 'primary', from }), build: build(1), steps: [] }
      const { id } = system.journal.create(given)
      system.says.primary = how
      system.parts.settings.healthDeadlineMs = 600
      system.acts.length = 0
      const release = await recover(system.parts, system.journal.get(id) ?? assert.fail(), quiet)
      assert.deepEqual([release.state, release.build], ['live', build(1)])
      assert.deepEqual([(await system.routing())?.live, system.acts], ['primary', []])
      assert.match(release.recovery ?? '', /^The director was stopped after the traffic had moved; it found /)
    })
  }
}

test('a record of a move that is not there any more is aborted', async () => {
  const system = await yard()
  const given = { ...draft({ verb: 'rollback', slot: 'primary', from: 'secondary' }), steps: [] }
  const { id } = system.journal.create(given)
  const { state } = await recover(system.parts, system.journal.get(id) ?? assert.fail(), quiet)
  assert.deepEqual([state, system.acts], ['aborted', []])
})

test('a release that failed and could not be undone at once says where it stopped when it is', async () => {
  const system = await yard()
  const { start } = system.parts.slots
  const { write } = system.parts.traffic
  system.parts.slots.start = async (_slot, { build: { image } }) => {
    system.parts.traffic.write = async () => Promise.reject(new Error(ENOSPC))
    system.parts.slots.start = start
    throw new ReleaseError('start-failed', { slot: 'primary', reason: `there is no image ${image}` })
  }
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const running = runRelease(system.parts, id, quiet, AbortSignal.timeout(10_000))
  await assert.rejects(running, { message: ENOSPC })
  system.parts.traffic.write = write
  const release = await recover(system.parts, system.journal.get(id) ?? assert.fail(), quiet)
  const label = '"Start the build in primary"'
  assert.equal(
    release.recovery,
    `The release had stopped at ${label} and was not undone at once; the director aborted the release and put everything back.`,
  )
  assert.equal(release.error?.what, `The release stopped at ${label}; its log says why.`)
  assert.deepEqual((await system.routing())?.up, ['primary', 'secondary'])
})

test('a live release that can not be written down ends as one that calls for a person, and is written down later', async () => {
  const system = await yard()
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  system.faults.envFile = new Error('ENOSPC: no space left on device')
  const release = await runRelease(system.parts, id, quiet, new AbortController().signal)
  assert.equal(release.state, 'live')
  assert.equal(statesOf(release).at(-1), 'record failed')
  assert.equal(
    release.recovery,
    'The traffic has moved, but state/deployment_state.env could not be written: ENOSPC: no space left on device. ' +
      'It may name former builds, which a plain `docker compose up` would start. Mend the cause; the director tries again every few seconds.',
  )
  assert.equal(exitCodeOfRelease(release), 2)

  const before = JSON.stringify(system.journal.get(id))
  await recordNewest(system.parts, quiet)
  assert.equal(JSON.stringify(system.journal.get(id)), before)
  delete system.faults.envFile
  await recordNewest(system.parts, quiet)
  const written = system.journal.replay(id)
  assert.equal(
    written.recovery,
    'state/deployment_state.env could not be written at first; the director has written it since.',
  )
  assert.equal(isUnrecorded(written), false)
  assert.equal(system.acts.at(-1), `env ${build(id).image} shop:2 primary`)
})

test('killed between the last commit and the end of the last step, the step ends', async () => {
  const system = await yard()
  const { id } = await killedAt(system, 'record', { moved: true })
  await recordNewest(system.parts, quiet)
  const release = system.journal.replay(id)
  assert.equal(statesOf(release).at(-1), 'record done')
  assert.deepEqual([release.recovery, exitCodeOfRelease(release)], [null, 0])
})

for (const isWritten of [true, false]) {
  test(`a release that ./rollback.sh took the traffic from ends its last step where the file can ${isWritten ? '' : 'not '}be written`, async () => {
    const system = await yard()
    const { id } = await killedAt(system, 'record', { moved: true })
    const { id: newest } = system.journal.create(
      draft({ verb: 'rollback', slot: 'secondary', from: 'primary' }),
    )
    system.journal.append(newest, { type: 'switching' })
    system.journal.append(newest, { type: 'live' })
    if (!isWritten) system.faults.envFile = new Error(ENOSPC)
    await recordNewest(system.parts, quiet)
    assert.equal(statesOf(system.journal.replay(id)).at(-1), isWritten ? 'record done' : 'record failed')
    delete system.faults.envFile
    await recordNewest(system.parts, quiet)
    assert.equal(statesOf(system.journal.replay(id)).at(-1), 'record done')
  })
}

test('where neither slot ever answers, visitors stay where they were led, and a person is called for', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'switch', { moved: true })
  system.parts.settings.healthDeadlineMs = 600
  Object.assign(system.says, { primary: null, secondary: null })
  const release = await recover(system.parts, killed, quiet)
  assert.deepEqual([release.state, (await system.routing())?.live], ['live', 'primary'])
  assert.equal(
    release.recovery,
    'The director was stopped after the traffic had moved; it found neither slot to say that it is well, left visitors at primary ' +
      'and finished the release. Look at the load of this machine and at the logs of both. nginx confirms it.',
  )
  assert.equal(exitCodeOfRelease(release), 2)
})

test('where neither slot answers, as after a power cut, the new one is waited for', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'switch', { moved: true })
  system.says.primary = null
  system.says.secondary = null
  const recovering = recover(system.parts, killed, quiet)
  // Longer than the new slot would be given beside a sound one.
  setTimeout(() => {
    system.says.primary = 'operational'
  }, 6_000)
  assert.equal((await recovering).state, 'live')
})

test('where the other slot answers and the new one does not, it goes back, and drains the new one first', async () => {
  const system = await yard()
  const killed = await killedAt(system, 'switch', { moved: true })
  system.says.primary = 'degraded'
  const lines: string[] = []
  const release = await recover(system.parts, killed, (line) => lines.push(line))
  assert.equal(release.state, 'aborted')
  assert.equal((await system.routing())?.live, 'secondary')
  assert.deepEqual(lines.slice(0, 4), [
    'The traffic is back on secondary.',
    'The drain of primary: after 0.05 s nothing is in flight.',
    'Bringing back 1.0.0 in primary.',
    'primary is standby again.',
  ])
})

test('the slot that the traffic came from is the yardstick, also where the first release is what it holds', async () => {
  const system = await yard({ second: 'rollback' })
  const killed = await killedAt(system, 'switch', { moved: true })
  system.says.primary = 'degraded'
  const { probe } = system.parts.health
  const asked = { primary: 0, secondary: 0 }
  system.parts.health.probe = (slot, signal) => {
    asked[slot]++
    return probe(slot, signal)
  }
  const release = await recover(system.parts, killed, quiet)
  assert.equal(release.state, 'aborted')
  assert.equal((await system.routing())?.live, 'secondary')
  // Ten good answers of the other slot end it, before the health deadline would.
  assert.ok(asked.primary < 15, `primary was asked ${asked.primary} times`)
})

test('a candidate that fell ill while its files were published gets no visitors', async () => {
  const system = await yard()
  const { publish } = system.parts.assets
  system.parts.assets.publish = async (...given) => {
    system.says.primary = 'degraded'
    return publish(...given)
  }
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const release = await runRelease(system.parts, id, quiet, new AbortController().signal)
  assert.equal(release.state, 'failed')
  assert.equal(
    release.error?.what,
    'The build never became healthy: it was healthy, and now primary says that it is degraded.',
  )
  assert.equal(release.steps.find(({ state }) => state === 'failed')?.name, 'switch')
  assert.deepEqual(await system.routing().then((routing) => [routing?.live, routing?.up]), [
    'secondary',
    ['primary', 'secondary'],
  ])
})
