import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { readBreakGlass } from '../../src/nginx/break-glass.ts'
import { toldLive } from '../../src/nginx/told.ts'
import { DEPLOYMENT_IDS, PORTS, RELEASES, type Rig, startRig, until } from './nginx-rig.ts'

/** All that the script may need of its host: no Node, no Docker, no curl, no wget. */
const PROGRAMS = [
  ...['bash', 'cat', 'chmod', 'cp', 'date', 'dirname', 'flock', 'grep', 'head', 'id', 'ln', 'mkdir', 'mv'],
  ...['readlink', 'rm', 'sed', 'sleep', 'sync', 'tail', 'timeout', 'tr'],
]

const PINS = [
  { deploymentId: DEPLOYMENT_IDS.primary, slot: 'primary' },
  { deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' },
] as const

let rig: Rig
before(async () => {
  rig = await startRig()
  await copyFile(join(import.meta.dirname, '..', '..', 'rollback.sh'), join(rig.dir, 'rollback.sh'))
  await mkdir(join(rig.dir, 'bin'))
  for (const program of PROGRAMS) await symlink(await which(program), join(rig.dir, 'bin', program))
})
after(() => rig.stop())
beforeEach(async () => {
  await rig.route({ live: 'secondary', pins: PINS, shares: { primary: 10 }, release: RELEASES.secondary })
  await rm(join(rig.dir, 'state', 'rollback.json'), { force: true })
  await writeFile(envFile(), ENV, { mode: 0o640 })
})

const ENV = `COMPOSE_PROJECT_NAME=synginx
HTTP_ADDRESS=127.0.0.1
HTTP_PORT=${PORTS.http}
PRIMARY_PORT=${PORTS.primary}
SECONDARY_PORT=${PORTS.secondary}
PRIMARY_IMAGE=synginx:b1
LIVE_SLOT=secondary
SWITCHYARD_DIR=/srv/"shop" $(touch /tmp/synginx-executed)
`

test('the traffic is back on the standby, confirmed, and written down for the director', async () => {
  const before = await rig.traffic.read()
  const startedAt = performance.now()
  const { code, output } = await rollback()
  const tookMs = performance.now() - startedAt
  const generation = (before?.generation ?? 0) + 1
  assert.equal(
    output,
    `Moving the traffic from secondary to primary (release 1).\nDone: nginx serves primary, release 1 (generation ${generation}). The director takes notice of it.\n`,
  )
  assert.equal(code, 0)
  assert.equal((await rig.ask('/page')).headers['x-served-by'], 'primary')
  // Read by the director's own code: nothing of it looks edited by hand.
  const now = await rig.traffic.read()
  assert.deepEqual(now, { ...before, generation, live: 'primary', shares: {}, release: null })
  assert.equal((await stat(join(rig.liveDir, 'current', 'live-primary'))).mode & 0o777, 0o755)
  assert.deepEqual(await rig.traffic.served(AbortSignal.timeout(5_000)), now)
  assert.equal(await toldLive(rig.liveDir), 'primary', 'the slots are told')
  const record = await readBreakGlass(join(rig.dir, 'state'))
  assert.deepEqual(
    { ...record, at: null },
    { generation, from: 'secondary', to: 'primary', release: 1, at: null, by: userInfo().username },
  )
  assert.ok(Math.abs(Date.now() - Date.parse(record?.at ?? '')) < 5_000)
  assert.equal(await readFile(envFile(), 'utf8'), ENV.replace('LIVE_SLOT=secondary', 'LIVE_SLOT=primary'))
  assert.equal((await stat(envFile())).mode & 0o777, 0o640)
  assert.deepEqual(
    (await readdir(join(rig.dir, 'state'))).filter((name) => /tmp|lock\.json/.test(name)),
    [],
  )
  console.log(`rollback.sh took ${Math.round(tookMs)} ms in all`)
})

test('twice is there and back, and the director writes on from it', async () => {
  await rollback()
  const { code } = await rollback()
  assert.equal(code, 0)
  assert.equal((await rig.ask('/page')).headers['x-served-by'], 'secondary')
  const { generation } = await rig.route({ live: 'primary' })
  await rig.traffic.confirm(
    { generation, slot: 'primary', release: 1, health: 'operational' },
    AbortSignal.timeout(10_000),
  )
})

test('the only console keeps /ops', async () => {
  await rig.route({ live: 'secondary', console: 'primary', release: RELEASES.secondary })
  await rollback()
  await rollback()
  const now = await rig.traffic.read()
  assert.deepEqual([now?.live, now?.console], ['secondary', 'primary'])
  assert.equal((await rig.ask('/ops')).headers['x-served-by'], 'primary')
})

test('a tab of either build stays with its slot', async () => {
  await rollback()
  for (const { deploymentId, slot } of PINS) {
    const answer = await rig.ask('/page', { headers: { 'x-deployment-id': deploymentId } })
    assert.equal(answer.headers['x-served-by'], slot)
  }
})

test('no request fails meanwhile', async () => {
  let isRunning = true
  const seen: Record<string, number> = {}
  const load = (async () => {
    while (isRunning) {
      const answer = await rig.ask('/page').catch(() => null)
      const key = answer?.httpStatus === 200 ? String(answer.headers['x-served-by']) : 'failed'
      seen[key] = (seen[key] ?? 0) + 1
    }
  })()
  assert.equal((await rollback()).code, 0)
  isRunning = false
  await load
  assert.equal(seen.failed, undefined)
  assert.ok((seen.secondary ?? 0) > 0 && (seen.primary ?? 0) > 0, JSON.stringify(seen))
})

test('a standby whose build is barred is refused, and the reason is said', async () => {
  const barred = { up: ['secondary'], barred: ['primary'], pins: PINS.slice(1), live: 'secondary' } as const
  await rig.route({ ...barred, release: RELEASES.secondary })
  for (const options of [[], ['--dry-run']]) {
    await unchanged(1, async () => {
      const { code, output } = await rollback(...options)
      assert.equal(
        output,
        'The build in primary is barred, so there is nothing to roll back to. The traffic stays with secondary; nothing has changed.\n' +
          'Deploy another build. `switchyard status` says who barred this one and why, and `switchyard unbar` takes that back.\n',
      )
      return code
    })
  }
})

test('a dry run says what would happen and changes nothing', async () => {
  await unchanged(0, async () => {
    const { code, output } = await rollback('--dry-run')
    assert.equal(
      output,
      'Would move the traffic from secondary to primary (release 1). Nothing has changed.\n',
    )
    return code
  })
})

const HOLDER = JSON.stringify({
  ...{ verb: 'deploy', release: 7, actor: { kind: 'host', name: 'root' }, since: '2026-03-01T12:34:56.789Z' },
})

test('it waits for nobody while a release is under way, and says whose', async () => {
  const lock = join(rig.dir, 'state', 'deploy.lock')
  const holder = spawn('flock', [lock, 'sleep', '60'], { stdio: 'ignore' })
  await writeFile(`${lock}.json`, HOLDER)
  try {
    await until('the lock is held', async () => (await run('flock', ['-n', lock, 'true'])).code === 1)
    await unchanged(75, async () => {
      const { code, output } = await rollback()
      assert.equal(
        output,
        'A release is under way: deploy by root since 12:34:56 UTC. Nothing has changed.\nWait until it has ended, or abort it with `switchyard abort`, then try again.\n',
      )
      return code
    })
    assert.equal(await readFile(`${lock}.json`, 'utf8'), HOLDER)
    await writeFile(`${lock}.json`, '{"verb":')
    assert.match((await rollback()).output, /^A release is under way\. Nothing has changed\.\n/)
  } finally {
    await killTree(holder.pid)
    await rm(`${lock}.json`, { force: true })
  }
})

test('a standby that is not healthy keeps the traffic where it is', async () => {
  const refusals = [
    ['503', 'its status route answers 503'],
    ['hang', 'it does not answer on 127.0.0.1:18611'],
    ['reset', 'it does not answer on 127.0.0.1:18611'],
  ] as const
  for (const [fault, problem] of refusals) {
    await rig.steer('primary', '/api/system/status', fault)
    await unchanged(1, async () => {
      const { code, output } = await rollback()
      assert.equal(
        output,
        `The standby (primary) is not healthy: ${problem}. The traffic stays with secondary; nothing has changed.\n`,
      )
      return code
    })
  }
  await rig.steer('primary', '/api/system/status', 'ok')
})

test('a network that is not here is said to be gone, and nobody beyond it is asked', async () => {
  const gone = ENV.replace(String(PORTS.primary), '18619')
  await writeFile(envFile(), `${gone}NETWORK_PREFIX=172.30.62\n`)
  await unchanged(69, async () => {
    const { code, output } = await rollback()
    assert.equal(
      output,
      'The containers do not run: their network (172.30.62.0/24) is not on this host. `npm run up` starts them. Nothing has changed.\n',
    )
    return code
  })
  // Where it is here, the slot answers at its own address.
  await writeFile(envFile(), `${gone}NETWORK_PREFIX=172.30.61\n`)
  assert.equal((await rollback('--dry-run')).code, 0)
})

test('a port that leads to the other slot is noticed', async () => {
  await writeFile(envFile(), ENV.replace(String(PORTS.primary), String(PORTS.secondary)))
  await unchanged(1, async () => {
    const { code, output } = await rollback()
    assert.match(output, /is not healthy: 127\.0\.0\.1:18612 does not answer as the primary slot\./)
    return code
  })
})

test('a standby that the routing does not count as ready is none', async () => {
  await rig.route({ live: 'secondary', up: ['secondary'] })
  await unchanged(1, async () => {
    const { code, output } = await rollback()
    assert.equal(
      output,
      'There is no build to roll back to: the routing does not count primary as ready. The traffic stays with secondary; nothing has changed.\n',
    )
    return code
  })
})

test('nginx that does not answer is said before anything moves', async () => {
  await writeFile(envFile(), ENV.replace(`HTTP_PORT=${PORTS.http}`, 'HTTP_PORT=18619'))
  await unchanged(69, async () => {
    const { code, output } = await rollback()
    assert.match(
      output,
      /^nginx does not answer on 127\.0\.0\.1:18619\. The traffic stays with secondary; nothing has changed\./,
    )
    return code
  })
})

/** While its own port answers, but nginx can't reach it: only the confirmation can tell. */
async function withPrimaryOutOfReach(work: () => Promise<void>): Promise<void> {
  // Else nginx has connections that it keeps, and waits for an answer on one.
  await rig.container('primary').restart({ t: 1 })
  await rig.docker.getNetwork('synginx-network').disconnect({ Container: 'synginx-primary' })
  const host = spawn(process.execPath, [join(import.meta.dirname, '..', 'fixtures', 'steerable-slot.mjs')], {
    env: { ...process.env, SLOT: 'primary', SWITCHYARD_RELEASE: '1', PORT: '18614' },
    stdio: 'ignore',
  })
  await writeFile(envFile(), ENV.replace(String(PORTS.primary), '18614'))
  try {
    await until(
      'the stand-in answers',
      async () => (await rig.ask('/x', { base: 'http://127.0.0.1:18614' })).httpStatus === 200,
    )
    await work()
  } finally {
    host.kill()
    await rig.docker.getNetwork('synginx-network').connect({
      Container: 'synginx-primary',
      EndpointConfig: { IPAMConfig: { IPv4Address: '172.30.61.11' } },
    })
    await until('the slot answers again', async () => (await rig.steer('primary', '/x')) >= 0)
  }
}

test('a move that nginx does not serve is taken back', () =>
  withPrimaryOutOfReach(async () => {
    const before = await rig.traffic.read()
    const { code, output } = await rollback()
    const back = (before?.generation ?? 0) + 2
    assert.equal(
      output,
      `Moving the traffic from secondary to primary (release 1).\nnginx gives errors of its own in place of primary, and secondary answers well. Moving the traffic back to secondary.\nsecondary is live again (generation ${back}). Look at the primary slot and at nginx, then try again.\n`,
    )
    assert.equal(code, 1)
    assert.equal((await rig.ask('/page')).headers['x-served-by'], 'secondary')
    assert.equal((await rig.traffic.read())?.generation, back)
    assert.equal(await readBreakGlass(join(rig.dir, 'state')), null)
    assert.equal(await readFile(envFile(), 'utf8'), ENV.replace(String(PORTS.primary), '18614'))
  }))

test('a move that nginx does not serve stays where the slot of before is dead', () =>
  withPrimaryOutOfReach(async () => {
    const next = ((await rig.traffic.read())?.generation ?? 0) + 1
    await rig.steer('secondary', '/api/system/status', '503')
    try {
      const { code, output } = await rollback()
      assert.equal(
        output,
        `Moving the traffic from secondary to primary (release 1).\nGeneration ${next} is on the disk and leads visitors to primary, release 1, but nginx gives errors of its own in place of primary, and secondary is no better.\nLook at the load of this machine and at the container proxy-director, then at \`switchyard status\`.\n`,
      )
      assert.equal(code, 2)
      const now = await rig.traffic.read()
      assert.deepEqual([now?.live, now?.generation], ['primary', next])
      assert.equal((await readBreakGlass(join(rig.dir, 'state')))?.to, 'primary')
      assert.match(await readFile(envFile(), 'utf8'), /^LIVE_SLOT=primary$/m)
    } finally {
      await rig.steer('secondary', '/api/system/status', 'ok')
    }
  }))

test('a live slot that hangs keeps nobody from a healthy standby', async () => {
  await rig.steer('secondary', '/api/system/status', 'hang')
  try {
    const { code, output } = await rollback()
    assert.match(
      output,
      /^Done: nginx serves primary, release 1 \(generation \d+\)\. The director takes notice of it\.\n$/m,
    )
    assert.equal(code, 0)
  } finally {
    await rig.steer('secondary', '/api/system/status', 'ok')
  }
})

test('flags that were edited by hand are replaced by a whole generation', async () => {
  await writeFile(join(rig.liveDir, 'current', 'live-primary'), '')
  await rm(join(rig.liveDir, 'current', 'up-secondary'))
  const { code } = await rollback()
  assert.equal(code, 0)
  const state = await rig.traffic.read()
  assert.deepEqual([state?.live, state?.up, state?.pins], ['primary', ['primary', 'secondary'], PINS])
})

test('what a killed director left half-written does not stand in the way', async () => {
  const next = ((await rig.traffic.read())?.generation ?? 0) + 1
  await mkdir(join(rig.liveDir, `gen-${next}`))
  await mkdir(join(rig.liveDir, `gen-${next}.tmp`))
  await writeFile(join(rig.liveDir, `gen-${next}`, 'live-secondary'), '')
  await symlink('gen-1', join(rig.liveDir, 'current.tmp'))
  assert.equal((await rollback()).code, 0)
  assert.equal((await rig.traffic.read())?.live, 'primary')
})

/** Puts a small disk under `state/` while `work` runs, full but for `reserved` bytes that are put by. */
async function onFullDisk(reserved: number, work: () => Promise<void>): Promise<void> {
  const state = join(rig.dir, 'state')
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', state], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  try {
    await writeFile(envFile(), ENV)
    await writeFile(join(state, 'deploy.lock'), '')
    await writeFile(join(state, 'reserve'), Buffer.alloc(reserved))
    spawnSync('dd', ['if=/dev/zero', `of=${join(state, 'filler')}`, 'bs=4k'])
    await work()
  } finally {
    spawnSync('umount', [state])
  }
}

test('on a full disk the room that is put by is used to write down where the traffic is', async () => {
  await onFullDisk(0, async () => {
    const { code, output } = await rollback()
    assert.equal(code, 2, output)
    assert.match(output, /nginx serves primary, release 1, but state\/ could not be written/)
  })
  await rig.route({ live: 'secondary', pins: PINS, release: RELEASES.secondary })
  await onFullDisk(16_384, async () => {
    const { code, output } = await rollback()
    assert.equal(code, 0, output)
    assert.equal(await readFile(envFile(), 'utf8'), ENV.replace('LIVE_SLOT=secondary', 'LIVE_SLOT=primary'))
    assert.equal((await readBreakGlass(join(rig.dir, 'state')))?.to, 'primary')
    assert.equal((await stat(join(rig.dir, 'state', 'reserve'))).size, 0)
  })
})

test('without routing or state it says what to do', async () => {
  const current = join(rig.liveDir, 'current')
  await rename(current, join(rig.liveDir, 'aside'))
  const noRouting = await rollback()
  await rename(join(rig.liveDir, 'aside'), current)
  await rig.route({ live: null })
  const noLive = await rollback()
  await rm(envFile())
  const noState = await rollback()
  assert.deepEqual(
    [noRouting, noLive, noState],
    [
      {
        code: 2,
        output: 'nginx/live/current leads to no generation of the routing. Run `switchyard doctor --fix`.\n',
      },
      {
        code: 2,
        output: `No slot is live in nginx/live/${await readlink(current)}, so there is nothing to roll back from. Deploy, or run \`npm run up\`.\n`,
      },
      {
        code: 2,
        output:
          'There is no state/deployment_state.env here: the system was never set up. Run `npm run up`.\n',
      },
    ],
  )
})

test('an unknown option is refused with the usage, and --help shows it', async () => {
  const wrong = await rollback('--force')
  assert.equal(wrong.code, 64)
  assert.match(
    wrong.output,
    /^rollback\.sh has no option "--force"\.\nUsage: \.\/rollback\.sh \[--dry-run\]\n/,
  )
  const help = await rollback('--help')
  assert.equal(help.code, 0)
  assert.match(help.output, /64 usage · 69 nginx can't be reached · 75 a release is under way\n$/)
})

test('settings are read, never executed', async () => {
  await rollback('--dry-run')
  await assert.rejects(stat('/tmp/synginx-executed'), { code: 'ENOENT' })
})

function envFile(): string {
  return join(rig.dir, 'state', 'deployment_state.env')
}

/** From another directory and with nothing but the programs above. */
function rollback(...args: string[]): Promise<{ code: number; output: string }> {
  return run(join(rig.dir, 'bin', 'bash'), [join(rig.dir, 'rollback.sh'), ...args], {
    ...process.env,
    PATH: join(rig.dir, 'bin'),
  })
}

/** Runs `act` and asserts its exit code and that routing, settings and record stayed as they were. */
async function unchanged(expectedCode: number, act: () => Promise<number>): Promise<void> {
  const look = async () => [
    await readlink(join(rig.liveDir, 'current')),
    await readFile(envFile(), 'utf8'),
    await readBreakGlass(join(rig.dir, 'state')),
  ]
  const before = await look()
  assert.equal(await act(), expectedCode)
  assert.deepEqual(await look(), before)
}

function run(
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, output }))
  })
}

async function which(program: string): Promise<string> {
  const { output } = await run('bash', ['-c', 'command -v "$1"', 'which', program])
  return output.trim()
}

async function killTree(pid: number | undefined): Promise<void> {
  if (pid === undefined) return
  const { output } = await run('ps', ['--ppid', String(pid), '-o', 'pid='])
  for (const child of output.split('\n').map(Number)) if (child > 0) process.kill(child)
  await until('the lock is free', async () => {
    const { code } = await run('flock', ['-n', join(rig.dir, 'state', 'deploy.lock'), 'true'])
    return code === 0
  })
}
