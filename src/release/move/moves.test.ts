import assert from 'node:assert/strict'
import { test } from 'node:test'
import { traffic } from '../../../test/fixtures/traffic-counts.ts'
import { draft, type Yard, yard } from '../../../test/fixtures/yard.ts'
import { exitCodeOfRelease } from '../../cli/exit-codes.ts'
import { runRelease } from '../engine.ts'
import { ReleaseError } from '../errors.ts'
import type { Confirmation } from '../ports.ts'
import type { Actor, Release, ReleaseVerb } from '../release.ts'

const SILENT: Confirmation = {
  ...{ tookMs: 5_000, sight: 'silent' },
  missing: 'primary has not answered through it within 5 s',
}
const ILL: Confirmation = { ...SILENT, sight: 'ill', missing: 'the primary slot says that it is degraded' }
const SLOW: Confirmation = {
  ...{ tookMs: 5_000, sight: 'slow' },
  missing: 'primary is slow: one good answer within 5 s, and not 5 in a row',
}
const LATE: Confirmation = {
  ...{ tookMs: 15_000, sight: 'nginx-late' },
  missing: 'nginx has not said within 15 s which generation it serves',
}

/** Runs a release from secondary to primary; `atConfirm` comes when the traffic has moved. */
async function moved(
  system: Yard,
  verb: ReleaseVerb,
  seen: Confirmation,
  atConfirm: () => void = () => undefined,
): Promise<Release> {
  system.parts.traffic.confirm = async ({ health }) => {
    if (health === 'any') return { tookMs: 1, sight: 'answers', missing: null }
    atConfirm()
    return seen
  }
  return ran(system, verb)
}

async function ran(system: Yard, verb: ReleaseVerb, actor?: Actor): Promise<Release> {
  const given = draft({ verb, slot: 'primary', from: 'secondary' })
  const { id } = system.journal.create({ ...given, ...(actor && { actor }) })
  await runRelease(system.parts, id, () => undefined, new AbortController().signal)
  return system.journal.replay(id)
}

const stepOf = ({ steps }: Release, wanted: string) => {
  const step = steps.find(({ name }) => name === wanted)
  return [step?.state, step?.detail]
}
const live = async (system: Yard) => (await system.routing())?.live

test('a deploy to a slot that falls silent goes back to one that was well and answers', () =>
  goesBackToWell('deploy'))
test('a rollback to a slot that falls silent goes back to one that was well and answers', () =>
  goesBackToWell('rollback'))
test('a deploy to a slot that falls silent stays where the one of before is silent too', () =>
  staysWhereBothAreSilent('deploy'))
test('a rollback to a slot that falls silent stays where the one of before is silent too', () =>
  staysWhereBothAreSilent('rollback'))
test('a deploy to a slot that answers the director, if not through nginx, stays', () =>
  staysWhereItAnswersTheDirector('deploy'))
test('a rollback to a slot that answers the director, if not through nginx, stays', () =>
  staysWhereItAnswersTheDirector('rollback'))
test('a deploy to a slot that is slow is told, and nobody is asked for the slot of before', () =>
  staysThoughSlow('deploy'))
test('a rollback to a slot that is slow is told, and nobody is asked for the slot of before', () =>
  staysThoughSlow('rollback'))
test('a deploy that nginx is too late to confirm stays, and is told as not confirmed', () =>
  staysThoughNginxIsLate('deploy'))
test('a rollback that nginx is too late to confirm stays, and is told as not confirmed', () =>
  staysThoughNginxIsLate('rollback'))
test('a deploy that another release answers goes back, also where the slot of before was silent', () =>
  goesBackFromAnotherRelease('deploy'))
test('a rollback that another release answers goes back, also where the slot of before was silent', () =>
  goesBackFromAnotherRelease('rollback'))
test('a deploy to a slot that says that it is ill goes back where the other one is well', () =>
  goesBackFromIll('deploy'))
test('a rollback to a slot that says that it is ill goes back where the other one is well', () =>
  goesBackFromIll('rollback'))

/** A deploy has taken its slot out of reach before. */
const generationOf = (verb: ReleaseVerb): number => (verb === 'deploy' ? 4 : 3)

async function goesBackToWell(verb: ReleaseVerb): Promise<void> {
  const system = await yard()
  const release = await moved(system, verb, SILENT, () => {
    system.says.primary = null
  })
  assert.deepEqual([release.state, await live(system)], ['failed', 'secondary'])
  assert.equal(
    release.error?.what,
    'The move could not be confirmed through nginx: primary has not answered through it within 5 s, and secondary answers well.',
  )
  assert.equal(release.leftBehind, 'well')
}

async function staysWhereBothAreSilent(verb: ReleaseVerb): Promise<void> {
  const system = await yard()
  const release = await moved(system, verb, SILENT, () => {
    Object.assign(system.says, { primary: null, secondary: null })
  })
  assert.deepEqual([release.state, await live(system)], ['live', 'primary'])
  assert.equal(
    release.recovery,
    `nginx serves generation ${generationOf(verb)}, so visitors are at primary; primary has not answered through it within 5 s. secondary is no better, so they stay there. Look at the load of this machine and at the log of the slot.`,
  )
  assert.deepEqual(stepOf(release, 'confirm'), [
    'done',
    `nginx serves generation ${generationOf(verb)}; primary has not answered through it within 5 s`,
  ])
  assert.equal(exitCodeOfRelease(release), 0)
}

async function staysWhereItAnswersTheDirector(verb: ReleaseVerb): Promise<void> {
  const system = await yard()
  const release = await moved(system, verb, SILENT)
  assert.deepEqual([release.state, await live(system)], ['live', 'primary'])
}

async function staysThoughSlow(verb: ReleaseVerb): Promise<void> {
  const system = await yard()
  const release = await moved(system, verb, SLOW, () => {
    system.says.primary = null
  })
  assert.deepEqual([release.state, await live(system)], ['live', 'primary'])
  assert.equal(
    release.recovery,
    `nginx serves generation ${generationOf(verb)}, so visitors are at primary; primary is slow: one good answer within 5 s, and not 5 in a row. Look at the load of this machine and at the log of the slot.`,
  )
}

async function staysThoughNginxIsLate(verb: ReleaseVerb): Promise<void> {
  const system = await yard()
  const release = await moved(system, verb, LATE, () => {
    Object.assign(system.says, { primary: null, secondary: null })
  })
  assert.deepEqual([release.state, await live(system)], ['live', 'primary'])
  assert.equal(
    release.recovery,
    `Generation ${generationOf(verb)} is on the disk and leads visitors to primary, but nginx has not said within 15 s which generation it serves: it runs, and is short of processor time. secondary is no better, so they stay there. \`switchyard status\` says when nginx serves it.`,
  )
  assert.deepEqual(stepOf(release, 'confirm'), [
    'failed',
    `not confirmed: nginx has not said within 15 s which generation it serves; on the disk it is generation ${generationOf(verb)}`,
  ])
  assert.equal(exitCodeOfRelease(release), 2)
  assert.equal(stepOf(release, 'record')[0], 'done')
}

async function goesBackFromAnotherRelease(verb: ReleaseVerb): Promise<void> {
  const system = await yard()
  const { confirm } = system.parts.traffic
  system.parts.traffic.confirm = async (expected, signal) => {
    if (expected.health === 'any') return confirm(expected, signal)
    // Neither is well: what is left is that this is not what was to be released.
    const { probe } = system.parts.health
    system.parts.health.probe = async (slot, ...rest) => {
      const seen = await probe(slot, ...rest)
      return slot === 'primary' ? { ...seen, payload: { ...seen.payload, release: 99 } } : seen
    }
    system.parts.settings.healthDeadlineMs = 600
    system.says.secondary = null
    throw new ReleaseError('switch-unconfirmed', {
      reason: 'release 99 answers in the primary slot, not 1',
    })
  }
  const release = await ran(system, verb)
  assert.deepEqual([release.state, await live(system)], ['failed', 'secondary'])
}

async function goesBackFromIll(verb: ReleaseVerb): Promise<void> {
  const system = await yard()
  const release = await moved(system, verb, ILL, () => {
    system.says.primary = 'degraded'
  })
  assert.deepEqual([release.state, await live(system)], ['failed', 'secondary'])
}

test('a slot that the director reaches and nginx does not is left for one that is well', async () => {
  const system = await yard()
  const unreached: Confirmation = {
    ...{ tookMs: 5_000, sight: 'unreached' },
    missing: 'nginx itself answers 502 in place of primary',
  }
  const release = await moved(system, 'deploy', unreached)
  assert.deepEqual([release.state, await live(system)], ['failed', 'secondary'])
  assert.equal(
    release.error?.what,
    'The move could not be confirmed through nginx: nginx itself answers 502 in place of primary, and secondary answers well.',
  )
})

test('a slot that was slow with its visitors is no better for being quick without them', async () => {
  const system = await yard()
  system.latencyMs.secondary = 1_500
  const release = await moved(system, 'rollback', SILENT, () => {
    system.says.primary = null
    system.latencyMs.secondary = 1
  })
  assert.deepEqual([release.state, release.leftBehind, await live(system)], ['live', 'unwell', 'primary'])
})

test('a slot that answers visitors is too busy to say how it is, and they stay', async () => {
  const system = await yard()
  const answered = { ...traffic({ requests: 3 }) }
  system.parts.trafficLog = { since: () => answered }
  const release = await moved(system, 'rollback', SILENT, () => {
    system.says.primary = null
  })
  assert.deepEqual([release.state, await live(system)], ['live', 'primary'])
})

test('a director that is held up while it compares has seen nothing, and visitors stay', async (context) => {
  const system = await yard()
  const release = moved(system, 'rollback', SILENT, () => {
    system.says.primary = null
    let nowMs = performance.now()
    context.mock.method(performance, 'now', () => {
      nowMs += 4_000
      return nowMs
    })
  })
  assert.deepEqual([(await release).state, await live(system)], ['live', 'primary'])
})

test('a rollback to a standby that is slow goes through, and says so', async () => {
  const system = await yard()
  system.latencyMs.primary = 3_000
  const release = await ran(system, 'rollback')
  assert.deepEqual(stepOf(release, 'health'), ['done', '3 of 3 healthy, answers in 3000 ms'])
  assert.equal(release.state, 'live')
})

test('a rollback to a standby that is silent is refused while the live slot answers', async () => {
  const system = await yard()
  system.says.primary = null
  const release = await ran(system, 'rollback')
  assert.deepEqual([release.state, await live(system)], ['failed', 'secondary'])
  assert.equal(
    release.error?.what,
    'The standby is not healthy: primary does not answer within 5 s, and secondary does.',
  )
})

test('a rollback from a slot that is as silent as the standby goes through: visitors lose nothing by it', async () => {
  const system = await yard()
  Object.assign(system.says, { primary: null, secondary: null })
  const release = await moved(system, 'rollback', SILENT)
  assert.deepEqual([release.state, await live(system)], ['live', 'primary'])
  assert.deepEqual(stepOf(release, 'health'), [
    'done',
    'primary does not answer within 5 s, and neither does secondary: visitors lose nothing by the move',
  ])
})

test('a standby that is gone is refused, whatever the live slot says', async () => {
  const system = await yard()
  Object.assign(system.says, { primary: 'gone', secondary: null })
  const release = await ran(system, 'rollback')
  assert.deepEqual([release.state, release.error?.code], ['failed', 'standby-unhealthy'])
})

test('a fail-over needs an answer of the standby', async () => {
  const system = await yard()
  Object.assign(system.says, { primary: null, secondary: null })
  const release = await ran(system, 'rollback', { kind: 'director', name: 'Fail-over' })
  assert.deepEqual([release.state, release.error?.code], ['failed', 'standby-unhealthy'])
})
