import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Refusal } from '../../src/director/refusal.ts'
import type { Release } from '../../src/release/release.ts'
import type { StepName } from '../../src/release/step-names.ts'
import { thisMachine } from '../system/place.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { directorKiller } from './kill-director.ts'
import { until } from './until.ts'

const REACH_DEADLINE_MS = 60_000
const NOTHING_MOVED =
  'The director was stopped before the traffic moved; it aborted the release and put everything back.'

let system: EngineSystem

before(async () => {
  system = await engineSystem({
    name: 'switchyard-recovery',
    httpPort: 8510,
    networkPrefix: '172.30.84',
    settings: { HEALTH_DEADLINE_SECONDS: '12', DRAIN_CAP_SECONDS: '3' },
  })
  await isLive(await follow('2.0.0').release, 'secondary')
})

after(async () => {
  await system.director.close()
  await system.sweep()
})

const stateFile = (name: string): string => join(system.dir, 'state', name)
const liveFile = (name: string): string => join(system.dir, 'nginx/live/current', name)
const liveSlotInEnvFile = () =>
  /^LIVE_SLOT=(\w+)$/m.exec(readFileSync(stateFile('deployment_state.env'), 'utf8'))?.[1]

/** `switchyard deploy --image` of a new build, and the release that it becomes. */
function follow(version: string, fault?: string) {
  const begun = (async () => {
    const [newest] = await system.history()
    const tag = await system.image(version, fault)
    return { newest, ended: system.cli('deploy', '--image', tag) }
  })()
  const release = begun.then(({ newest }) =>
    until(`a deploy of ${version} has begun`, REACH_DEADLINE_MS, async () => {
      const [seen] = await system.history()
      return seen && seen.id !== newest?.id ? seen : null
    }),
  )
  return { release, ended: begun.then(({ ended }) => ended) }
}

async function reached(id: number, step: StepName): Promise<void> {
  await until(`release ${id} is at ${step}`, REACH_DEADLINE_MS, async () => {
    const { steps } = await system.release(id)
    return steps.some(({ name, state }) => name === step && state === 'running') ? true : null
  })
}

/** Looks at the disk without a pause, for what is over in milliseconds. */
async function happens(what: string, isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + REACH_DEADLINE_MS
  while (performance.now() < endMs) {
    if (isSo()) return
    await setImmediate()
  }
  throw new Error(`It never came that ${what}.`)
}

async function isLive({ id }: Release, slot: string): Promise<void> {
  assert.equal((await system.ended(id)).state, 'live')
  assert.equal((await system.served()).slot, slot)
}

/** Visitors have what they should, and there is a way back. */
async function isSound(slot: string, version: string): Promise<void> {
  await until('everything may be done again', 10_000, async () => {
    const { actions, routing } = await system.status()
    const reasons = [actions.deploy.reason, actions.rollback.reason, routing.problem]
    return reasons.every((reason) => reason === null) ? true : null
  })
  const served = await system.served()
  assert.deepEqual([served.slot, served.version], [slot, version])
  assert.equal(liveSlotInEnvFile(), slot)
}

/** Files are copied to a name of their own first, by the image that they belong to. */
function isPublishing(): boolean {
  const images = stateFile('assets/.images')
  return existsSync(images) && readdirSync(images).some((name) => name.endsWith('.tmp'))
}

const KILLS: [step: StepName, fault: string | undefined, at: (id: number) => Promise<void>][] = [
  ['start', undefined, (id) => reached(id, 'start')],
  ['health', 'slow-start', (id) => reached(id, 'health')],
  ['assets', undefined, () => happens('assets are copied', isPublishing)],
]

for (const [step, fault, at] of KILLS) {
  test(`a director that is killed at ${step} brings the standby back`, async () => {
    const kill = await directorKiller(system)
    const deploy = follow(`3.0-${step}`, fault)
    const { id } = await deploy.release
    await at(id)
    kill()
    const { code, output } = await deploy.ended
    assert.equal(code, 1, output)
    assert.ok(output.includes(NOTHING_MOVED), output)
    const release = await system.release(id)
    assert.deepEqual([release.state, release.recovery], ['aborted', NOTHING_MOVED])
    assert.equal(release.steps.find(({ name }) => name === step)?.state, 'failed')
    await isSound('secondary', '2.0.0')
    assert.equal((await system.status()).standby?.version, '1.0.0')
  })
}

test('a director that is killed in the middle of a build aborts the release', async () => {
  const path = join(system.dir, 'Dockerfile.runtime')
  const sound = readFileSync(path, 'utf8')
  writeFileSync(path, 'FROM switchyard-base/node:26 AS slot\nRUN echo has-begun && sleep 4322\n')
  const kill = await directorKiller(system)
  const { id } = await system.deploy({ kind: 'tree' })
  await until('the build runs', 60_000, async () => (/has-begun/.test(await system.log(id)) ? true : null))
  kill()
  writeFileSync(path, sound)
  const release = await system.ended(id)
  assert.deepEqual([release.state, release.recovery], ['aborted', NOTHING_MOVED])
  await isSound('secondary', '2.0.0')
})

test('routing that was edited by hand keeps a killed release unsettled, and the director says so until it is mended', async () => {
  const kill = await directorKiller(system)
  const deploy = follow('3.1.0', 'slow-start')
  const { id } = await deploy.release
  await reached(id, 'health')
  writeFileSync(liveFile('live-primary'), '')
  kill()
  const sentence = new RegExp(
    `^Release ${id} can't be settled: The routing in nginx/live was changed by hand: gen-\\d+ has live-primary besides\\.$`,
  )
  const status = await until('the director says what is in its way', 30_000, async () => {
    const seen = await system.status()
    return sentence.test(seen.routing.problem ?? '') ? seen : null
  })
  assert.match(status.actions.deploy.reason ?? '', sentence)
  assert.notEqual(status.last?.id, id)
  await assert.rejects(system.deploy({ kind: 'tree' }), (error: unknown) => {
    assert.ok(error instanceof Refusal)
    assert.equal(error.body.code, 'routing-edited')
    return true
  })
  rmSync(liveFile('live-primary'))
  const { code, output } = await deploy.ended
  assert.equal(code, 1, output)
  assert.equal((await system.release(id)).recovery, NOTHING_MOVED)
  await isSound('secondary', '2.0.0')
})

test('a deploy that is followed across a kill right after the rename ends well', async () => {
  const current = join(system.dir, 'nginx/live/current')
  const kill = await directorKiller(system)
  const deploy = follow('3.2.0', 'slow-start')
  const { id } = await deploy.release
  await reached(id, 'health')
  const before = readlinkSync(current)
  await happens('the symlink is renamed', () => readlinkSync(current) !== before)
  kill()
  const { code, output } = await deploy.ended
  assert.equal(code, 0, output)
  const sentence =
    'The director was stopped after the traffic had moved; it found primary healthy and finished the release. nginx confirms it.'
  assert.ok(output.includes(sentence), output)
  const release = await system.release(id)
  assert.deepEqual([release.state, release.recovery], ['live', sentence])
  assert.ok(release.steps.every(({ state }) => state === 'done'))
  await isSound('primary', '3.2.0')
})

test('a deploy that is followed across a kill before its last step has ended ends well', async () => {
  const temporary = stateFile('deployment_state.env.tmp')
  // The director waits there for a reader that never comes.
  assert.equal(spawnSync('mkfifo', [temporary]).status, 0)
  const kill = await directorKiller(system)
  const deploy = follow('4.0.0')
  const { id } = await deploy.release
  await until('it is live and its record is open', REACH_DEADLINE_MS, async () => {
    const { state, steps } = await system.release(id)
    return state === 'live' && steps.at(-1)?.state === 'running' ? true : null
  })
  rmSync(temporary)
  kill()
  const { code, output } = await deploy.ended
  assert.equal(code, 0, output)
  assert.equal((await system.release(id)).steps.at(-1)?.state, 'done')
  await isSound('secondary', '4.0.0')
})

test('what is live and can not be written down calls for a person, and is written down when it can be', async () => {
  const obstacle = stateFile('deployment_state.env.tmp')
  mkdirSync(obstacle)
  const deploy = follow('5.0.0')
  const { id } = await deploy.release
  const { code, output } = await deploy.ended
  assert.equal(code, 2, output)
  assert.match(
    output,
    /The traffic has moved, but state\/deployment_state\.env could not be written: EISDIR.+ It may name former builds/,
  )
  assert.equal((await system.served()).version, '5.0.0')
  assert.equal(liveSlotInEnvFile(), 'secondary')
  rmdirSync(obstacle)
  const written =
    'state/deployment_state.env could not be written at first; the director has written it since.'
  await until('it is written', 30_000, async () =>
    (await system.release(id)).recovery === written ? true : null,
  )
  await isSound('primary', '5.0.0')
})

test('a failed deploy that loses the standby is not called safe', async () => {
  const held = (await system.status()).slots.secondary.container?.image ?? ''
  await thisMachine.docker.getImage(held).remove({ force: true })
  const deploy = follow('5.1.0', 'crash')
  const { id } = await deploy.release
  const { code, output } = await deploy.ended
  assert.equal(code, 2, output)
  const { error } = await system.release(id)
  assert.equal(error?.code, 'never-healthy')
  assert.equal(
    error?.live,
    'Visitors get 5.0.0 from the primary slot, as before. The build that secondary held could not be brought back, ' +
      'so there is no rollback for now: The secondary slot could not be started: ' +
      `there is no image ${held} on this host. The director tries again.`,
  )
  assert.ok(output.includes(error?.live ?? '?'), output)
  await isLive(await follow('6.0.0').release, 'secondary')
  await isSound('secondary', '6.0.0')
})

test('a way back that nginx does not confirm is not told as one', async () => {
  const proxy = await system.container('traffic_proxy')
  const deploy = follow('6.1.0', 'slow-start')
  const { id } = await deploy.release
  await reached(id, 'health')
  await proxy.stop({ t: 1 })
  const { code, output } = await deploy.ended
  await proxy.start()
  assert.equal(code, 2, output)
  const { error } = await system.release(id)
  assert.equal(error?.code, 'switch-unconfirmed')
  assert.match(
    error?.live ?? '',
    /^The traffic was led back to secondary, but nginx does not confirm that it is there: .+\.$/,
  )
  assert.equal((await system.log(id)).includes('The traffic is back on secondary.'), false)
  await isSound('secondary', '6.0.0')
})

test('a rollback by a script that left no word is taken over from what nginx serves', async () => {
  mkdirSync(stateFile('rollback.json'))
  const { code, output } = await system.run('./rollback.sh', [])
  assert.equal(code, 2, output)
  const sentence =
    'The traffic was found at primary, where no release of the director had led it; the director took it over.'
  await until('the director took it over', 30_000, async () =>
    (await system.history())[0]?.recovery === sentence ? true : null,
  )
  rmdirSync(stateFile('rollback.json'))
  await isSound('primary', '5.0.0')
  const refused = await system.cli('deploy', '--image', await system.image('7.0.0'))
  assert.equal(refused.code, 77, refused.output)
  assert.equal((await system.cli('unfreeze')).code, 0)
  const { id } = await follow('7.0.0').release
  const release = await system.ended(id)
  assert.deepEqual([release.slot, release.replaces?.version], ['secondary', '5.0.0'])
})

test('a director that is killed between the record of a bar and the routing ends what it had begun', async () => {
  const servedTo = async (deploymentId: string): Promise<string | null> => {
    const headers = { 'x-deployment-id': deploymentId, connection: 'close' }
    return (await fetch(system.url, { headers })).headers.get('x-served-by')
  }
  await isSound('secondary', '7.0.0')
  assert.equal(await servedTo('5-0-0'), 'primary')
  // The new generation is there then, and nothing can lead to it.
  const obstacle = join(system.dir, 'nginx/live/current.tmp')
  mkdirSync(obstacle)
  const kill = await directorKiller(system)
  const { code, output } = await system.cli('bar', '5-0-0')
  assert.equal(code, 2, output)
  assert.match(
    output,
    /^5\.0\.0 \(5-0-0\) is barred, but the routing could not be written: .+ The director tries again every few seconds\.$/m,
  )
  assert.equal(await servedTo('5-0-0'), 'primary')
  kill()
  rmdirSync(obstacle)
  await until('its tabs are moved', 30_000, async () =>
    (await servedTo('5-0-0').catch(() => null)) === 'secondary' ? true : null,
  )
  const { slots, actions, routing } = await until('the director is back', 30_000, () =>
    system.status().catch(() => null),
  )
  assert.equal(slots.primary.barred?.deploymentId, '5-0-0')
  assert.match(actions.rollback.reason ?? '', /^5\.0\.0 \(5-0-0\) is barred by /)
  assert.equal(routing.problem, null)
  const unbar = await system.cli('unbar', '5-0-0')
  assert.equal(unbar.code, 0, unbar.output)
  await isSound('secondary', '7.0.0')
  assert.equal(await servedTo('5-0-0'), 'primary')
})
