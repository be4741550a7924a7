import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Release } from '../../src/release/release.ts'
import { type Load, startLoad } from '../load/load.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { directorKiller } from './kill-director.ts'
import { until } from './until.ts'

const BACK_DEADLINE_MS = 60_000

let system: EngineSystem
let load: Load

before(async () => {
  system = await engineSystem({
    name: 'switchyard-damage',
    httpPort: 8590,
    networkPrefix: '172.30.89',
    settings: { HEALTH_DEADLINE_SECONDS: '12', DRAIN_CAP_SECONDS: '3' },
  })
  await deployed('2.0.0')
  load = await startLoad({ url: system.url, ratePerSecond: 50, durationMs: 5 * 60_000, postPath: '/echo' })
})

after(async () => {
  await load?.stop()
  await system.director.close()
  await system.sweep()
})

const stateFile = (name: string): string => join(system.dir, 'state', name)
const envFile = (): string => stateFile('deployment_state.env')

async function deployed(version: string): Promise<number> {
  const { id } = await system.deploy({ kind: 'image', image: await system.image(version), hasConsole: true })
  const release = await system.ended(id)
  assert.equal(release.state, 'live', JSON.stringify(release.error))
  assert.equal((await system.served()).version, version)
  return id
}

async function composeAccepts(): Promise<void> {
  const argv = ['docker', 'compose', '-f', 'docker-compose.release.yml', 'config', '--quiet']
  const { code, output } = await system.exec('director', argv)
  assert.equal(code, 0, output)
}

const ENV_DAMAGES: [name: string, damage: () => void][] = [
  ['absent', () => rmSync(envFile())],
  ['truncated', () => truncateSync(envFile(), 100)],
  ['nonsense', () => writeFileSync(envFile(), 'There is nothing here.\n'.repeat(20))],
]

for (const [name, damage] of ENV_DAMAGES) {
  test(`an env file that is ${name} is as it was within seconds`, async () => {
    const sound = readFileSync(envFile(), 'utf8')
    damage()
    await until('the file is mended', BACK_DEADLINE_MS, async () =>
      existsSync(envFile()) && readFileSync(envFile(), 'utf8') === sound ? true : null,
    )
    await composeAccepts()
  })

  test(`a deploy does not notice that the env file is ${name}`, async () => {
    damage()
    await deployed(`3.0-${name}`)
    await composeAccepts()
  })
}

test('an env file that names another image is put right', async () => {
  const sound = readFileSync(envFile(), 'utf8')
  writeFileSync(envFile(), sound.replace(/^(PRIMARY_IMAGE=).*$/m, '$1somebody/else:1'))
  await until('the file is put right', BACK_DEADLINE_MS, async () =>
    readFileSync(envFile(), 'utf8') === sound ? true : null,
  )
})

const JOURNAL_DAMAGES: [name: string, damage: () => void][] = [
  ['nonsense', () => writeFileSync(stateFile('journal.db'), 'There is nothing here.\n'.repeat(4_000))],
  ['cut short', () => truncateSync(stateFile('journal.db'), 4_096)],
  [
    'gone',
    () => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(stateFile(`journal.db${suffix}`), { force: true })
    },
  ],
]

/**
 * Does `damage`, and answers with the history that the director tells which was started after it. What is killed first in its
 * container is its init: on a busy machine the director that is to die still answers a question or two.
 */
async function restartedBy(damage: () => void): Promise<Release[]> {
  const director = await system.container('director')
  const { StartedAt } = (await director.inspect()).State
  damage()
  return until('the director is back', BACK_DEADLINE_MS, async () => {
    const { State } = await director.inspect()
    const history = await system.history()
    return State.StartedAt === StartedAt ? null : history
  })
}

for (const [name, damage] of JOURNAL_DAMAGES) {
  test(`a journal that is ${name} loses no release, and the next deploy goes through`, async () => {
    const before = await system.history()
    const served = await system.served()
    const kill = await directorKiller(system)
    const after = await restartedBy(() => {
      damage()
      kill()
    })
    assert.deepEqual(after, before)
    assert.deepEqual(await system.served(), served)
    assert.equal(await deployed(`4.0-${name.replace(' ', '-')}`), (before[0]?.id ?? 0) + 1)
  })
}

test('a journal that turns to nonsense under the running director loses no release, whenever that is noticed', async () => {
  const putAside = () => readdirSync(stateFile('quarantine')).filter((file) => file.startsWith('journal.db-'))
  const earlier = putAside()
  const former = await system.history()
  writeFileSync(stateFile('journal.db'), 'There is nothing here.\n'.repeat(4_000))
  writeFileSync(stateFile('journal.db-wal'), 'Nor here.\n'.repeat(4_000))
  // SQLite's cache may hold all that a release reads. Where it does not, the director ends in the middle of one.
  const id = await until('a deploy goes through', 2 * BACK_DEADLINE_MS, () => deployed('5.0.0'))
  const before = await system.history()
  assert.equal(before[0]?.id, id)
  assert.deepEqual(before.slice(-former.length), former)
  assert.deepEqual(await restartedBy(await directorKiller(system)), before)
  assert.ok(putAside().length > earlier.length)
  const { id: back } = await system.rollback()
  assert.equal((await system.ended(back)).state, 'live')
})

test('no visitor noticed any of it', async () => {
  const report = await load.stop()
  console.log(`${report.sent} requests, ${report.failed} failed`)
  assert.deepEqual(report.failures, [])
  assert.ok(report.sent >= 500, `${report.sent} requests`)
})
