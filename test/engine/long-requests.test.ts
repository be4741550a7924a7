import assert from 'node:assert/strict'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Release } from '../../src/release/release.ts'
import type { Slot } from '../../src/release/slot.ts'
import { type EngineSystem, engineSystem } from './engine-system.ts'
import { askOn, dribble, type Held, holdSocket, holdStream, request, type Went } from './long-clients.ts'
import { until } from './until.ts'

const LONG_MS = 62_000

let system: EngineSystem
const tags = new Map<string, string>()
const held: Held[] = []

before(async () => {
  system = await engineSystem({
    name: 'switchyard-long',
    httpPort: 8470,
    networkPrefix: '172.30.83',
    settings: { DRAIN_CAP_SECONDS: '90' },
  })
  for (const version of ['2.0.0', '3.0.0', '4.0.0']) tags.set(version, await system.image(version))
})

after(async () => {
  for (const { close } of held) close()
  await system.director.close()
  await system.sweep()
})

async function begin(version: string): Promise<number> {
  const { id } = await system.deploy({ kind: 'image', image: tags.get(version) ?? '', hasConsole: true })
  return id
}

const deploy = async (version: string): Promise<Release> => live(await system.ended(await begin(version)))

function live(release: Release): Release {
  assert.equal(release.state, 'live', JSON.stringify(release.error))
  return release
}

const drainOf = ({ steps }: Release): string | null | undefined =>
  steps.find(({ name }) => name === 'drain')?.detail

/** Event streams of pages that carry their build's id and of pages that don't, and WebSockets: five of each. */
function holdAll(deploymentId: string): { streams: Held[]; sockets: Held[] } {
  const five = (open: () => Held): Held[] => Array.from({ length: 5 }, open)
  const streams = [
    ...five(() => holdStream(`${system.url}/sse`)),
    ...five(() => holdStream(`${system.url}/sse?dpl=${deploymentId}`)),
  ]
  const sockets = five(() => holdSocket(`${system.url}/socket`))
  held.push(...streams, ...sockets)
  return { streams, sockets }
}

const areOpen = (some: Held[], times: number): boolean => some.every(({ opened }) => opened.length === times)

const slowRequests = (count: number, deploymentId: string): Promise<Went>[] =>
  Array.from({ length: count }, (_, at) =>
    request(`${system.url}/slow?ms=${5_000 + (15_000 * at) / count}&dpl=${deploymentId}`),
  )

async function inFlight(slot: Slot) {
  return (await system.status()).slots[slot].inFlightByKind
}

function mustBeWhole(went: Went): void {
  const { status, error } = went
  assert.deepEqual({ status, error }, { status: 200, error: null }, JSON.stringify(went))
}

/** The moment of the newest switch, on this machine's clock. */
const switchedMs = (): number => lstatSync(join(system.dir, 'nginx', 'live', 'current')).ctimeMs

test('nothing long is cut by a release, and what can not end by itself is told to reconnect when its slot is reused', async (t) => {
  const first = holdAll('1-0-0')
  const firstSlow = slowRequests(100, '1-0-0')
  await until('the first build holds its streams', 10_000, async () =>
    areOpen([...first.streams, ...first.sockets], 1) ? true : null,
  )

  await deploy('2.0.0')
  const second = holdAll('2-0-0')
  const secondSlow = slowRequests(50, '2-0-0')
  const downloads = [1, 2].map(() => request(`${system.url}/download?ms=${LONG_MS}`))
  const uploads = [1, 2].map(() => dribble(`${system.url}/echo`, LONG_MS))
  const ownUpload = dribble(`${(await system.status()).slots.secondary.address}/echo`, LONG_MS)
  const work = await request(`${system.url}/after?ms=${LONG_MS}`)
  assert.equal(JSON.parse(work.body).slot, 'secondary')
  await until('the second build holds all of it', 20_000, async () => {
    const kinds = await inFlight('secondary')
    return kinds?.download === 2 && kinds.stream === 10 && kinds.socket === 5 ? true : null
  })

  live(await system.ended((await system.rollback()).id))
  for (const { ended } of held) assert.deepEqual(ended, [], 'both slots stand by, so nothing is cut')

  const over = new AbortController()
  const pinned = askOn(`${system.url}/`, { 'x-deployment-id': '2-0-0' }, over.signal)
  secondSlow.push(...slowRequests(50, '2-0-0'))
  const before = switchedMs()
  const id = await begin('3.0.0')
  await until('the slot has left the routing', 20_000, async () => (switchedMs() > before ? true : null))
  const leftMs = switchedMs()
  await until('the release says what it waits for', 10_000, async () =>
    /^secondary has \d+ requests, 1 upload, 2 downloads and 1 background task in flight, and 10 event streams and 5 WebSockets open$/m.test(
      await system.log(id),
    )
      ? true
      : null,
  )
  const third = live(await system.ended(id))
  over.abort()

  const answers = await pinned
  const ofItsBuild = answers.filter(({ body }) => body.includes('secondary slot') && body.includes('2.0.0'))
  assert.ok(ofItsBuild.length > 0, 'the pin led to the slot while that was in the routing')
  const last = Math.max(...ofItsBuild.map(({ sentMs }) => sentMs))
  t.diagnostic(
    `${answers.length} pinned requests; the last one to the slot was sent ${Math.round(last - leftMs)} ms after it left the routing`,
  )
  assert.ok(last - leftMs <= 10)
  for (const answer of answers) mustBeWhole(answer)

  for (const went of await Promise.all([...firstSlow, ...secondSlow])) mustBeWhole(went)
  const ofTheSlot = await Promise.all([...downloads, ownUpload])
  for (const went of ofTheSlot) mustBeWhole(went)
  for (const { body } of await Promise.all(downloads)) assert.match(body, /^2\.0\.0 secondary\n.*\nwhole\n$/s)
  assert.equal(JSON.parse((await ownUpload).body).version, '2.0.0')
  for (const went of await Promise.all(uploads)) {
    mustBeWhole(went)
    assert.notEqual(
      JSON.parse(went.body).version,
      '2.0.0',
      'it arrived when its first slot had left the routing',
    )
  }

  for (const { ended } of [...first.streams, ...first.sockets]) assert.deepEqual(ended, [])
  const lastEndMs = Math.max(...ofTheSlot.map(({ endedMs }) => endedMs))
  const reopened = [...second.streams, ...second.sockets]
  await until('what was told to reconnect has done so', 10_000, async () =>
    areOpen(reopened, 2) ? true : null,
  )
  for (const [some, how] of [
    [second.streams, 'end'],
    [second.sockets, '1012'],
  ] as const) {
    for (const { ended, opened } of some) {
      assert.deepEqual(
        ended.map((end) => end.how),
        [how],
      )
      assert.ok((ended[0]?.atMs ?? 0) > lastEndMs, 'it was told after all else had ended')
      assert.deepEqual(
        opened.map(({ slot }) => slot),
        ['secondary', 'primary'],
      )
    }
  }
  t.diagnostic(`drain: ${drainOf(third)}`)
  assert.match(
    drainOf(third) ?? '',
    /^quiet after \d\d\.\d s, when \d+ requests, 1 upload, 2 downloads and 1 background task had ended; 10 event streams and 5 WebSockets are told to reconnect$/,
  )
})

test('at the cap a release says by kind what it cut, and what it told to reconnect', async (t) => {
  const { code, output } = await system.run(process.execPath, ['src/setup/main.ts', 'up', '--yes'], {
    DRAIN_CAP_SECONDS: '2',
  })
  assert.equal(code, 0, output)
  const status = await until('the director is back', 20_000, () => system.status())
  assert.equal(status.routing.live, 'secondary')
  const { address } = status.slots.primary
  const headers = { 'x-deployment-id': '1-0-0' }
  // nginx repeats a GET that was cut, at the live slot, and never a POST.
  const requests = [1, 2].map(() =>
    request(`${system.url}/slow?ms=100000`, { method: 'POST', headers }, (outgoing) => outgoing.end('order')),
  )
  const repeated = request(`${system.url}/slow?ms=20000`, { headers })
  const download = request(`${system.url}/download?ms=100000`, { headers })
  const upload = dribble(`${address}/echo`, 100_000)
  await request(`${address}/after?ms=100000`)
  await until('the standby holds all of it', 20_000, async () => {
    const kinds = await inFlight('primary')
    const { request, upload, download, background, stream, socket } = kinds ?? {}
    const all = [request, upload, download, background, stream, socket].join()
    return all === '3,1,1,1,20,10' ? true : null
  })
  const release = await deploy('4.0.0')
  t.diagnostic(`drain: ${drainOf(release)}`)
  assert.equal(
    drainOf(release),
    'after 2 s 3 requests, 1 upload, 1 download and 1 background task were cut unless they ended within 2 s more; ' +
      '20 event streams and 10 WebSockets were told to reconnect',
  )
  for (const went of await Promise.all(requests)) assert.equal(went.status, 502)
  for (const went of [await upload, await download]) assert.notEqual(went.error, null)
  mustBeWhole(await repeated)
  assert.equal(JSON.parse((await repeated).body).slot, 'secondary')
  await until('what was told to reconnect has done so', 10_000, async () =>
    held.every(({ opened }) => opened.at(-1)?.slot === 'secondary') ? true : null,
  )
  for (const { ended } of held) {
    for (const { how } of ended) assert.match(how, /^(end|1012)$/)
  }
})
