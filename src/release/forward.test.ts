import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draft, type Yard, yard } from '../../test/fixtures/yard.ts'
import { exitCodeOfRelease } from '../cli/exit-codes.ts'
import { runRelease } from './engine.ts'
import { ReleaseError } from './errors.ts'
import type { Release, ReleaseVerb } from './release.ts'

const UNCONFIRMED = new ReleaseError('switch-unconfirmed', { reason: 'no answer in time' })

/** Runs a release to primary, in which `atConfirm` happens as nginx is first asked and does not confirm. */
async function unconfirmed(system: Yard, verb: ReleaseVerb, atConfirm: () => void): Promise<Release> {
  const { confirm } = system.parts.traffic
  let isFirst = true
  system.parts.traffic.confirm = async (...given) => {
    if (isFirst) {
      isFirst = false
      atConfirm()
      throw UNCONFIRMED
    }
    return confirm(...given)
  }
  const { id } = system.journal.create(draft({ verb, slot: 'primary', from: 'secondary' }))
  await runRelease(system.parts, id, () => undefined, new AbortController().signal)
  return system.journal.replay(id)
}

for (const verb of ['deploy', 'rollback'] as const) {
  test(`visitors of a ${verb} that is not confirmed are not led back to a dead slot`, async () => {
    const system = await yard()
    const release = await unconfirmed(system, verb, () => {
      system.says.secondary = null
      system.faults.confirm = UNCONFIRMED
    })
    assert.equal(release.state, 'live')
    assert.equal((await system.routing())?.live, 'primary')
    assert.equal(
      release.recovery,
      '"Confirm the move through nginx" failed, and secondary is not healthy any more. Visitors stay at primary, which is, ' +
        'and the director finished the release. nginx could not confirm it yet: no answer in time.',
    )
    assert.deepEqual(
      release.steps.slice(-2).map(({ name, state }) => `${name} ${state}`),
      ['confirm failed', 'record done'],
    )
    assert.equal(exitCodeOfRelease(release), 2)
    assert.match(system.acts.at(-1) ?? '', /^env .+ primary$/)
  })
}

test('what nginx confirms at the second look is a release like another, and how it came to it is told', async () => {
  const system = await yard()
  const release = await unconfirmed(system, 'rollback', () => {
    system.says.secondary = null
  })
  assert.equal(release.state, 'live')
  assert.match(release.recovery ?? '', / nginx confirms it\.$/)
  assert.equal(exitCodeOfRelease(release), 0)
})

test('where neither slot is healthy, visitors go back to where they were', async () => {
  const system = await yard()
  system.parts.settings.healthDeadlineMs = 100
  const release = await unconfirmed(system, 'rollback', () => {
    system.says.primary = null
    system.says.secondary = null
  })
  assert.equal(release.state, 'failed')
  assert.equal((await system.routing())?.live, 'secondary')
})

test('a step that failed has failed, also where the routing can not be read', async () => {
  const system = await yard()
  system.parts.traffic.confirm = async () => {
    system.parts.traffic.read = () => Promise.reject(new ReleaseError('routing-edited'))
    throw UNCONFIRMED
  }
  const { id } = system.journal.create(draft({ slot: 'primary', from: 'secondary' }))
  const running = runRelease(system.parts, id, () => undefined, new AbortController().signal)
  await assert.rejects(running, { code: 'routing-edited' })
  assert.equal(system.journal.get(id)?.steps.find(({ name }) => name === 'confirm')?.state, 'failed')
})

test('one silence does not make a slot dead', async () => {
  const system = await yard()
  const release = await unconfirmed(system, 'rollback', () => {
    system.says.secondary = null
    setTimeout(() => Object.assign(system.says, { secondary: 'operational' }), 700)
  })
  assert.equal(release.state, 'failed')
  assert.equal((await system.routing())?.live, 'secondary')
})
