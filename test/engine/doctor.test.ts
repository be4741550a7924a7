import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, test } from 'node:test'
import { readGeneration } from '../../src/nginx/read-generation.ts'
import { writeGeneration } from '../../src/nginx/switch.ts'
import { composeUp } from '../../src/setup/compose.ts'
import { pathsOf } from '../../src/setup/paths.ts'
import { type OpenJournal, openJournal } from '../../src/state/journal.ts'
import { appendOnlyTables } from '../../src/state/journal-copy.ts'
import { addressOf } from '../../src/topology/addresses.ts'
import { draft } from '../fixtures/yard.ts'
import { thisMachine } from '../system/place.ts'
import { hostPrefix } from '../system/system.ts'
import { doctor, doctorFix, heldNow, stranger, visitors } from './doctor-rig.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { until } from './until.ts'

const NAME = 'switchyard-doctor'
const PREFIX = '172.30.90'
const { docker } = thisMachine

let system: EngineSystem
let asking: ReturnType<typeof visitors>
const tally = { planted: 0, found: 0, mended: 0, forPeople: 0 }

before(async () => {
  system = await engineSystem({
    name: NAME,
    httpPort: 8570,
    networkPrefix: PREFIX,
    settings: { HEALTH_DEADLINE_SECONDS: '15', DRAIN_CAP_SECONDS: '1' },
  })
  asking = visitors(`${system.url}/`)
})

after(async () => {
  const { planted, found, mended, forPeople } = tally
  console.log(
    `found ${found} of ${planted}, mended ${mended}, ${forPeople} left to people; visitors asked ${asking.asked()} times`,
  )
  await asking.stop()
  await system.director.close()
  await system.sweep()
})

/** One that fails must not spoil the next. */
afterEach(async () => {
  for (const name of [STRANGER, TWIN, ORPHAN]) await removed(name)
})

const STRANGER = `${NAME}-stranger`
const TWIN = `0123456789ab_${NAME}-env-primary`
const ORPHAN = `${NAME}-gone`

const removed = (name: string) =>
  docker
    .getContainer(name)
    .remove({ force: true })
    .catch(() => undefined)
const state = (name: string): string => join(system.dir, 'state', name)
const live = (name: string): string => join(system.dir, 'nginx/live', name)
const generation = (): string => readlinkSync(live('current'))
const held = () => heldNow(system)
const journalPath = (): string => state('journal.db')

async function isSound(): Promise<void> {
  const { code, output } = await system.cli('doctor')
  const { version, slot } = await system.served()
  assert.equal(
    output,
    `Everything agrees: visitors get ${version} from ${slot}, by journal, routing, nginx, containers, images and state file.\n`,
  )
  assert.equal(code, 0)
}

async function deployed(version: string): Promise<void> {
  const { id } = await system.deploy({ kind: 'image', image: await system.image(version), hasConsole: true })
  assert.equal((await system.ended(id)).state, 'live')
}

test('nothing is reported on a sound system: after set-up, a deploy, another deploy and a rollback', async () => {
  await isSound()
  await deployed('2.0.0')
  await isSound()
  await deployed('3.0.0')
  await isSound()
  assert.equal((await system.ended((await system.rollback()).id)).state, 'live')
  await isSound()
  assert.deepEqual(await doctorFix(system), { code: 0, mended: [], findings: [] })
})

type Plant = {
  what: string
  /** Puts the system wrong, and answers with the whole sentences that the doctor is to say of it. */
  plant(): Promise<string[]> | string[]
  /** What a person does where `--fix` can't. */
  person?(): Promise<unknown> | unknown
  isDirectorStopped?: true
  /** The plant itself, or its mend, takes visitors something. */
  isFelt?: true
  also?(): Promise<unknown> | unknown
}

const PLANTS: readonly Plant[] = [
  {
    what: 'current is missing',
    isDirectorStopped: true,
    isFelt: true,
    plant: () => {
      rmSync(live('current'))
      return [
        'The routing in nginx/live is not as Switchyard left it: there is no current. Visitors get nothing.',
      ]
    },
  },
  {
    what: 'current leads to something else',
    isDirectorStopped: true,
    isFelt: true,
    plant: () => {
      rmSync(live('current'))
      symlinkSync('elsewhere', live('current'))
      return [
        'The routing in nginx/live is not as Switchyard left it: current leads to "elsewhere". Visitors get nothing.',
      ]
    },
  },
  {
    what: 'current is a directory',
    isDirectorStopped: true,
    isFelt: true,
    plant: () => {
      const from = live(generation())
      rmSync(live('current'))
      cpSync(from, live('current'), { recursive: true, preserveTimestamps: true })
      return [
        `The routing in nginx/live is not as Switchyard left it: current is not a symlink. Visitors get ${held().live.slot}.`,
      ]
    },
  },
  {
    what: 'a flag was added by hand',
    plant: () => {
      const flag = `up-elsewhere`
      writeFileSync(live(`current/${flag}`), '')
      return [
        `The routing in nginx/live is not as Switchyard left it: ${generation()} has ${flag} besides. Visitors get ${held().live.slot}.`,
      ]
    },
  },
  {
    what: 'a flag was removed by hand',
    plant: () => {
      const flag = `up-${held().standby.slot}`
      rmSync(live(`current/${flag}`))
      return [
        `The routing in nginx/live is not as Switchyard left it: ${generation()} lacks ${flag}. Visitors get ${held().live.slot}.`,
      ]
    },
  },
  {
    what: 'state.json is cut off',
    plant: () => {
      writeFileSync(live('current/state.json'), '{\n  "generation": 3,\n')
      return [
        `The routing in nginx/live is not as Switchyard left it: state.json in ${generation()} is wrong at its top: Invalid input: expected object, received undefined. Visitors get ${held().live.slot}.`,
      ]
    },
  },
  {
    what: 'generations that nobody finished',
    plant: () => {
      mkdirSync(live('gen-4000.tmp'))
      cpSync(live(generation()), live('gen-3999'), { recursive: true })
      return ['gen-3999', 'gen-4000.tmp'].map(
        (name) =>
          `nginx/live/${name} was left behind by something that was stopped. Visitors are not concerned.`,
      )
    },
  },
  {
    what: 'the traffic was moved by ./rollback.sh while no director ran',
    isDirectorStopped: true,
    plant: async () => {
      const before = held()
      const release = fromJournal((journal) => journal.newestLive()?.id)
      const { code, output } = await system.run('./rollback.sh', [])
      assert.equal(code, 0, output)
      return [
        `Visitors get ${before.standby.slot}, and the journal says that ${before.live.slot} is live (release ${release}).`,
      ]
    },
  },
  {
    what: "nginx's container has another directory than the one on disk",
    isFelt: true,
    plant: () => {
      renameSync(join(system.dir, 'nginx'), join(system.dir, 'nginx-before'))
      cpSync(join(system.dir, 'nginx-before'), join(system.dir, 'nginx'), {
        recursive: true,
        verbatimSymlinks: true,
        preserveTimestamps: true,
      })
      return [
        `nginx still serves from a directory that was nginx/live before, so it does not see the routing on disk. Visitors get ${held().live.slot}. No release can move them.`,
      ]
    },
    also: () => rmSync(join(system.dir, 'nginx-before'), { recursive: true }),
  },
  {
    what: 'nginx is stopped',
    isFelt: true,
    plant: async () => {
      await (await system.container('traffic_proxy')).stop({ t: 2 })
      return ['nginx is exited (exit code 0), so visitors get nothing.']
    },
  },
  {
    what: "nginx's configuration is wrong",
    plant: () => {
      appendFileSync(join(system.dir, 'nginx/terminator.conf'), '\nno_such_directive on;\n')
      return [
        'nginx refuses its configuration: unknown directive "no_such_directive" in /etc/switchyard/nginx/terminator.conf:24. It serves on with the one that it has, and would not start again.',
      ]
    },
    person: () => {
      const path = join(system.dir, 'nginx/terminator.conf')
      writeFileSync(path, readFileSync(path, 'utf8').replace('\nno_such_directive on;\n', ''))
    },
  },
  {
    what: "nginx is not told the director's address",
    plant: () => {
      writeFileSync(live('admin.conf'), 'allow 10.9.8.7;\n')
      return [
        "nginx/live/admin.conf does not name the director's address, so nginx will not tell it what is live, and no release can be confirmed. Visitors are not concerned.",
      ]
    },
  },
  {
    what: "the standby's container was removed",
    isDirectorStopped: true,
    plant: async () => {
      const { slot } = held().standby
      await (await system.container(`runtime_${slot}`)).remove({ force: true })
      return [`${slot}, which stands by, has no container, so there is nothing to roll back to.`]
    },
  },
  {
    what: 'the live slot is stopped',
    isDirectorStopped: true,
    isFelt: true,
    plant: async () => {
      const { slot } = held().live
      await (await system.container(`runtime_${slot}`)).kill()
      return [`${slot}, which is live, is stopped (exit code 137), so visitors get nothing from it.`]
    },
  },
  {
    what: 'the standby hangs',
    plant: async () => {
      const { slot } = held().standby
      await (await system.container(`runtime_${slot}`)).pause()
      return [`${slot}, which stands by, is paused, so there is nothing to roll back to.`]
    },
  },
  {
    what: 'the standby runs a build that no release has put there',
    plant: async () => {
      const { slot, image, release } = held().standby
      const other = await system.image('4.0.0')
      await composeUp(
        docker,
        {
          paths: pathsOf(system.dir),
          tools: 'switchyard-base/tools',
          project: NAME,
          services: [`runtime_${slot}`],
          env: [`${slot.toUpperCase()}_IMAGE=${other}`],
        },
        () => undefined,
      )
      return [
        `${slot}, which stands by, runs ${other} as release ${release}, and the journal says ${image} as release ${release}. A rollback to it is refused.`,
      ]
    },
  },
  {
    what: 'a killed compose left a second container of a slot',
    plant: async () => {
      await stranger(docker, {
        name: TWIN,
        labels: {
          'com.docker.compose.project': NAME,
          'com.docker.compose.service': 'runtime_primary',
          'com.docker.compose.oneoff': 'False',
        },
      })
      return [`${TWIN} (created) is a second container of the primary slot, beside ${NAME}-env-primary.`]
    },
  },
  {
    what: "somebody else's container has the standby's name",
    plant: async () => {
      const { slot, container } = held().standby
      await (await system.container(`runtime_${slot}`)).remove({ force: true })
      await stranger(docker, { name: container })
      return [
        `The container ${container} is not of this project and has the name that the ${slot} slot needs.`,
        `${slot}, which stands by, has no container, so there is nothing to roll back to.`,
      ]
    },
    person: async () => {
      await removed(held().standby.container)
      await doctorFix(system)
    },
  },
  {
    what: 'a container of the project is of no service',
    plant: async () => {
      await stranger(docker, {
        name: ORPHAN,
        labels: { 'com.docker.compose.project': NAME, 'com.docker.compose.service': 'gone' },
      })
      return [
        `The container ${ORPHAN} (created) is of this project and of the service gone, which docker-compose.release.yml does not have. Visitors are not concerned.`,
      ]
    },
    person: () => removed(ORPHAN),
  },
  {
    what: "the standby's image has lost its name",
    plant: async () => {
      const { slot, image } = held().standby
      await docker.getImage(image).remove({ force: true })
      return [
        `The image ${image} is not on this host: ${slot}, which stands by, could not be made anew as it was.`,
      ]
    },
  },
  {
    what: "the live build's name stands for another image",
    plant: async () => {
      const { slot, image } = held().live
      const [repo = '', tag = ''] = image.split(':')
      await docker.getImage(await system.image('4.1.0')).tag({ repo, tag })
      return [
        `The name ${image} stands for another image than the one that was started: ${slot}, which is live, could not be made anew as it was.`,
      ]
    },
  },
  {
    what: 'the state file names another live slot and another build',
    isDirectorStopped: true,
    plant: () => {
      const { standby, live: now } = held()
      const path = state('deployment_state.env')
      const name = `${standby.slot.toUpperCase()}_IMAGE`
      const text = readFileSync(path, 'utf8')
        .replace(/^LIVE_SLOT=.*$/m, `LIVE_SLOT=${standby.slot}`)
        .replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=shop:9`)
      writeFileSync(path, text)
      return [
        `state/deployment_state.env does not say what the journal says: LIVE_SLOT is ${standby.slot} instead of ${now.slot}, ${name} is shop:9 instead of ${standby.image}. A plain \`docker compose up\` would start something else than what was released.`,
      ]
    },
  },
  {
    what: 'the state file is cut off',
    isDirectorStopped: true,
    plant: () => {
      const path = state('deployment_state.env')
      writeFileSync(path, readFileSync(path, 'utf8').replace(/^SWITCHYARD_DIR=[\s\S]*/m, 'SWITCHYARD_'))
      const lost = ['SWITCHYARD_DIR', 'TOOLS_IMAGE', 'DIRECTOR_IMAGE']
      return [
        `state/deployment_state.env lacks ${lost.join(', ')}, so compose can start nothing. Visitors are served by what runs.`,
      ]
    },
  },
  {
    what: "compose's link to the state file is gone",
    plant: () => {
      rmSync(join(system.dir, '.env'))
      return [
        '.env is missing, so `docker compose` does not know what was released. Visitors are not concerned.',
      ]
    },
  },
  {
    what: 'the compose file has changed since the slots were started',
    plant: () => {
      const path = join(system.dir, 'docker-compose.release.yml')
      writeFileSync(path, readFileSync(path, 'utf8').replace('pids_limit: 256', 'pids_limit: 255'))
      const { live: now } = held()
      return (['primary', 'secondary'] as const).map(
        (slot) =>
          `The compose file or a setting has changed since the ${slot} slot was started, so a plain \`docker compose up\` would make it anew${slot === now.slot ? ' though it is live' : ''}.`,
      )
    },
    person: () => {
      const path = join(system.dir, 'docker-compose.release.yml')
      writeFileSync(path, readFileSync(path, 'utf8').replace('pids_limit: 255', 'pids_limit: 256'))
    },
  },
  {
    what: 'the journal is overwritten',
    isDirectorStopped: true,
    plant: () => {
      const fd = openSync(journalPath(), 'r+')
      writeSync(fd, Buffer.alloc(4_096, 'nonsense'), 0, 4_096, 0)
      return [
        "state/journal.db can't be used: SQLite finds it damaged (file is not a database). Without it nobody knows which builds the slots hold and who released them; visitors are served as before.",
      ]
    },
  },
  {
    what: "a release's row does not say what its events say",
    plant: () => {
      const db = new DatabaseSync(journalPath())
      db.exec("UPDATE releases SET state = 'failed', body = json_set(body, '$.state', 'failed') WHERE id = 1")
      db.close()
      return ["The journal's row of release 1 does not say what its events say. Visitors are not concerned."]
    },
  },
  {
    what: "the journal's copy is gone",
    plant: () => {
      rmSync(`${journalPath()}-copy`)
      const db = new DatabaseSync(journalPath())
      const counts = appendOnlyTables(db).map(
        (table) => db.prepare(`SELECT count(*) AS n FROM "${table}"`).get()?.n,
      )
      db.close()
      const entries = counts.reduce<number>((sum, count) => sum + Number(count), 0)
      return [
        `The copy of the journal, state/journal.db-copy, lacks ${entries} of its entries: they would be lost with the journal. Visitors are not concerned.`,
      ]
    },
  },
  {
    what: 'a release is left under way',
    isDirectorStopped: true,
    plant: () => {
      const { live: now, standby } = held()
      const journal = openJournal(journalPath())
      const { id } = journal.create(draft({ slot: standby.slot, from: now.slot }))
      journal.close()
      return [
        `Release ${id} to ${standby.slot} is under way in the journal, and nobody works on it. Visitors get what nginx serves; the next release waits for it.`,
      ]
    },
  },
  {
    what: 'the reserve for a full disk is spent',
    isDirectorStopped: true,
    plant: () => {
      truncateSync(state('reserve'), 8 * 1024 ** 2)
      return [
        'The reserve for a full disk, state/reserve, has 8388608 of 67108864 bytes: with a full disk it may not be possible to write down what is live. Visitors are not concerned.',
      ]
    },
  },
  {
    what: 'a holder of the lock was killed',
    isDirectorStopped: true,
    plant: () => {
      const holder = { verb: 'deploy', release: 7, actor: { kind: 'host', name: 'ada' } }
      writeFileSync(state('deploy.lock.json'), JSON.stringify({ ...holder, since: new Date().toISOString() }))
      return [
        'state/deploy.lock.json still names the deploy by ada, which is gone. The lock is free; visitors are not concerned.',
      ]
    },
  },
  {
    what: 'secrets and directories have other owners and modes',
    plant: () => {
      chmodSync(state('identity.db'), 0o644)
      chownSync(state('traffic'), 0, 0)
      rmSync(state('logs'), { recursive: true })
      return [
        'state/logs is missing.',
        'state/traffic belongs to 0:0 instead of 1000:1000: who needs it may not be able to use it.',
        'state/identity.db has mode 0644 instead of 0600: others may use what is not theirs.',
      ]
    },
  },
  {
    what: "the director's socket is gone",
    plant: () => {
      rmSync(state('run/primary/director.sock'))
      return [
        'state/run/primary/director.sock is missing though the director runs: the console does not reach it. Visitors are not concerned.',
      ]
    },
  },
  {
    what: "a stranger has the standby's address",
    plant: async () => {
      const { slot } = held().standby
      const address = addressOf(system.prefixes, slot)
      await (await system.container(`runtime_${slot}`)).stop({ t: 2 })
      const one = await stranger(docker, { name: STRANGER, network: { name: `${NAME}_to_${slot}`, address } })
      await one.start()
      return [
        `The container ${STRANGER} is not of this project and has the address ${address}, which is that of the ${slot} slot.`,
      ]
    },
    person: async () => {
      await removed(STRANGER)
      await doctorFix(system)
    },
  },
  {
    what: 'a barred build can be reached',
    isDirectorStopped: true,
    plant: async () => {
      const { standby } = held()
      const journal = openJournal(journalPath())
      const build = journal.holderOf(standby.slot)?.build
      const bar = journal.bars.bar(
        { deploymentId: build?.deploymentId ?? '', version: build?.version ?? '' },
        null,
        { kind: 'host', name: 'ada' },
      )
      journal.close()
      const since = `${bar.at.slice(0, 10)} ${bar.at.slice(11, 19)} UTC`
      return [
        `The build in ${standby.slot} is barred, and its open tabs still reach it: ${bar.version} (${bar.deploymentId}) is barred by ada since ${since}.`,
      ]
    },
    also: async () => {
      const [bar] = (await system.status()).barred
      const { code, output } = await system.cli('unbar', bar?.deploymentId ?? '')
      assert.equal(code, 0, output)
    },
  },
  {
    what: 'the routing leaves a healthy standby out',
    isDirectorStopped: true,
    plant: async () => {
      const now = await readGeneration(live('.'))
      assert.ok(now?.live)
      const { live: slot } = now
      await writeGeneration(live('.'), {
        ...{ ...now, generation: now.generation + 1, up: [slot] },
        pins: now.pins.filter((pin) => pin.slot === slot),
      })
      return [
        `${held().standby.slot} is healthy, but the routing does not count it as ready, so there is nothing to roll back to.`,
      ]
    },
  },
  {
    what: 'the open tabs of a build are sent nowhere',
    isDirectorStopped: true,
    plant: async () => {
      const now = await readGeneration(live('.'))
      assert.ok(now)
      const { slot } = held().live
      const pins = now.pins.filter((pin) => pin.slot !== slot)
      await writeGeneration(live('.'), { ...now, generation: now.generation + 1, pins })
      return [`By the routing, open tabs of the build in ${slot} are not sent there.`]
    },
  },
  {
    what: "a container's restart policy was changed",
    plant: async () => {
      await (await system.container('traffic_proxy')).update({ RestartPolicy: { Name: 'no' } })
      return [
        `The restart policy of ${NAME}-proxy-director is no, not always: after a reboot nginx might stay down.`,
      ]
    },
  },
  {
    what: 'what slots and the command line are started with is lost',
    isDirectorStopped: true,
    plant: () => {
      const { slot } = held().standby
      const { environment, preload } =
        fromJournal((journal) => journal.holderOf(slot)?.runtime) ?? assert.fail()
      rmSync(state(`environments/${environment}.env`))
      rmSync(state(`preload/${preload}`), { recursive: true })
      rmSync(state(`preload/${slot}.env`))
      rmSync(state('cli'), { recursive: true })
      const command = join(hostPrefix(system.dir), 'bin/switchyard')
      rmSync(command)
      return [
        `state/environments/${environment}.env, the environment of ${slot}, which stands by, is lost: its container can't be made anew. Visitors are served by what runs.`,
        `state/preload/${preload}, which ${slot}, which stands by, is started with, is lost or damaged: started again, by Docker too, the slot would end before it answers.`,
        `state/preload/${slot}.env does not name its preload to ${slot}, which stands by, as it was started: a plain \`docker compose up\` would make its container anew.`,
        'state/cli, the command line that the director keeps, is lost: `switchyard` works by containers or not at all. Visitors are not concerned.',
        `${command}, the command that set-up had installed, is missing. Visitors are not concerned.`,
      ]
    },
  },
  {
    what: 'static files are missing',
    plant: () => {
      const { id, slot } = liveBuild()
      rmSync(state(`assets/${id}`), { recursive: true })
      mkdirSync(state('assets/9-9-9.tmp'))
      return [
        `state/assets/${id} is missing: the tabs of the build in ${slot} get them from its slot, and nobody will once another build is there.`,
        'state/assets/9-9-9.tmp was left behind by a copy that was stopped. Visitors are not concerned.',
      ]
    },
  },
  {
    what: 'the live slot is off its network',
    isDirectorStopped: true,
    isFelt: true,
    plant: async () => {
      const { slot, container } = held().live
      await docker.getNetwork(`${NAME}_to_${slot}`).disconnect({ Container: container, Force: true })
      return [
        `${container} is not on the network of the ${slot} slot, so nobody finds the ${slot} slot at ${addressOf(system.prefixes, slot)}.`,
      ]
    },
  },
  {
    what: 'the network is gone',
    isDirectorStopped: true,
    isFelt: true,
    plant: async () => {
      const network = docker.getNetwork(`${NAME}_switchyard`)
      for (const service of ['traffic_proxy', 'director']) {
        const { id } = await system.container(service)
        await network.disconnect({ Container: id, Force: true })
      }
      await network.remove()
      return [
        'The network of nginx and the director is missing, so nginx reaches no slot on it and visitors may get nothing.',
      ]
    },
  },
]

function fromJournal<T>(look: (journal: OpenJournal) => T): T {
  const journal = openJournal(journalPath())
  try {
    return look(journal)
  } finally {
    journal.close()
  }
}

function liveBuild(): { id: string; slot: string } {
  const { slot } = held().live
  return { id: fromJournal((journal) => journal.holderOf(slot)?.build?.deploymentId ?? ''), slot }
}

const DIRECTOR_IS_STOPPED =
  'The director is exited, so nobody can release or roll back but by ./rollback.sh. Visitors are served without it.'

for (const { what, plant, person, isDirectorStopped, isFelt, also } of PLANTS) {
  test(`the doctor finds ${person ? '' : 'and mends '}it: ${what}`, async () => {
    tally.planted++
    if (isDirectorStopped) await (await system.container('director')).stop({ t: 5 })
    asking.failed()
    const sentences = [...(await plant()), ...(isDirectorStopped ? [DIRECTOR_IS_STOPPED] : [])]
    const { code, findings } = await doctor(system)
    const said = findings.map(({ sentence }) => sentence)
    for (const sentence of sentences) assert.ok(said.includes(sentence), `${sentence}\n${said.join('\n')}`)
    assert.equal(code, findings.some(({ severity }) => severity === 'broken') ? 2 : 1)
    tally.found++

    const fixed = await doctorFix(system)
    const left = fixed.findings.map(({ sentence, failure }) => `${sentence} ${failure ?? ''}`)
    if (person === undefined) {
      assert.deepEqual([fixed.code, left], [0, []])
      tally.mended++
    } else {
      assert.ok(fixed.code === 1 || fixed.code === 2, String(fixed.code))
      for (const { canMend, remedy } of fixed.findings) assert.ok(!canMend, remedy)
      await person()
      tally.forPeople++
    }
    if (!isFelt) assert.deepEqual(asking.failed(), [])
    await also?.()
    if (person ?? also)
      await until('everything agrees', 20_000, async () => ((await doctor(system)).code === 0 ? true : null))
  })
}

test('while a release is under way a look leaves out what it changes, and --fix is refused', async () => {
  const holder = spawn('flock', ['-n', state('deploy.lock'), 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  try {
    await once(holder.stdout, 'data')
    rmSync(join(system.dir, '.env'))
    mkdirSync(live('gen-5000.tmp'))
    const { output } = await system.cli('doctor')
    assert.equal(
      output,
      `warning  .env is missing, so \`docker compose\` does not know what was released. Visitors are not concerned.
         --fix makes the link.

1 thing found. \`switchyard doctor --fix\` mends it.
A release is under way: what a release changes was not looked at. Run the doctor again after it.
`,
    )
    const refused = await system.cli('doctor', '--fix')
    assert.deepEqual(
      [refused.code, refused.output],
      [75, 'A release is under way, so nothing was mended. Try again when it has ended.\n'],
    )
  } finally {
    if (holder.pid !== undefined) process.kill(-holder.pid, 'SIGKILL')
  }
  const { code, output } = await system.cli('doctor', '--fix')
  assert.equal(code, 0, output)
  assert.match(output, /\n2 things mended; everything agrees now\.\n$/)
  await isSound()
})
