import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { slotHealth } from '../../src/health/slot-health.ts'
import { barBuild, unbarBuild } from '../../src/release/barring.ts'
import type { Slot } from '../../src/release/slot.ts'
import { type OpenJournal, openJournal } from '../../src/state/journal.ts'
import { bareParts } from '../fixtures/bare-parts.ts'
import { build, draft } from '../fixtures/yard.ts'
import { DEPLOYMENT_IDS, PUBLIC_URL, type Rig, slotUrl, startRig, until } from './nginx-rig.ts'

const ada = { kind: 'host', name: 'ada' } as const
const OLD = DEPLOYMENT_IDS.primary
const ofOldTab = { 'x-deployment-id': OLD }
const STATIC = '/_next/static/chunks/a.js'

let rig: Rig
let journal: OpenJournal
const kept = new Agent({ keepAlive: true, maxSockets: 1 })

before(async () => {
  rig = await startRig()
  await rig.route({
    live: 'secondary',
    pins: [
      { deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' },
      { deploymentId: OLD, slot: 'primary' },
    ],
    release: 2,
  })
  journal = openJournal(join(rig.dir, 'state', 'journal.db'))
  for (const slot of ['primary', 'secondary'] as const) {
    const { id } = journal.create(draft({ slot, from: slot === 'primary' ? null : 'primary' }))
    journal.append(id, { type: 'built', build: { ...build(id), deploymentId: DEPLOYMENT_IDS[slot] } })
    journal.append(id, { type: 'switching' })
    journal.append(id, { type: 'live' })
  }
  const directory = join(rig.dir, 'state/assets', OLD, '_next/static/chunks')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'a.js'), 'of the old build')
})
after(async () => {
  kept.destroy()
  journal.close()
  await rig.stop()
})

const parts = () =>
  bareParts({
    journal,
    bars: journal.bars,
    traffic: rig.traffic,
    health: slotHealth({
      addressOf: (slot) => new URL(slotUrl(slot)).hostname,
      settings: { deadlineMs: 5_000, warmUpPaths: [] },
    }),
    settings: {
      drainCapMs: 100,
      healthDeadlineMs: 5_000,
      moveDeadlineMs: 10_000,
      keep: { builds: 5, days: 7 },
    },
  })
const bar = () => barBuild(parts(), { build: OLD, reason: null }, ada)
const unbar = () => unbarBuild(parts(), { build: OLD }, ada)

/** One request of a tab of the old build on a connection that is kept between the requests; who answered it. */
async function onKept(path: string): Promise<{ slot: unknown; isReused: boolean }> {
  const outgoing = request(new URL(path, PUBLIC_URL), {
    headers: ofOldTab,
    agent: kept,
    signal: AbortSignal.timeout(10_000),
  }).end()
  const [incoming]: IncomingMessage[] = await once(outgoing, 'response')
  incoming?.resume()
  if (incoming) await once(incoming, 'end')
  return { slot: incoming?.headers['x-served-by'], isReused: outgoing.reusedSocket }
}

/** Everything that a tab of the old build sends, each on a connection of its own; by whom it was answered. */
async function askedBy(mark: string): Promise<Record<string, unknown>> {
  const asked = {
    navigation: await rig.ask(`/navigation-${mark}`, { headers: { ...ofOldTab, rsc: '1' } }),
    action: await rig.ask(`/action-${mark}`, {
      method: 'POST',
      headers: { ...ofOldTab, 'next-action': '00' },
      body: 'x',
    }),
    image: await rig.ask(`/_next/image?url=%2Fa.png&dpl=${OLD}`),
    'chunk on no disk': await rig.ask(`/_next/static/chunks/none.js?dpl=${OLD}`),
  }
  return Object.fromEntries(
    Object.entries(asked).map(([name, { headers }]) => [name, headers['x-served-by']]),
  )
}

const everyOne = (slot: Slot) => ({ navigation: slot, action: slot, image: slot, 'chunk on no disk': slot })

/** Why nginx chose the slot of the request to `path`, by its own log. */
async function why(path: string): Promise<string> {
  let line: string | undefined
  await until(`${path} is in the log`, async () => {
    const log = await readFile(join(rig.dir, 'state/traffic/access.log'), 'utf8')
    line = log.split('\n').find((text) => text.includes(`"asked":"${path}"`))
    return line !== undefined
  })
  const { routed, why: reason } = JSON.parse(line ?? '{}')
  return `${routed}, ${reason}`
}

test('a tab of a barred build gets the live one at its very next request, also on the connection that it has', async () => {
  assert.deepEqual(await askedBy('before'), everyOne('primary'))
  assert.deepEqual(await onKept('/kept-before'), { slot: 'primary', isReused: false })
  const { tookMs } = await bar()
  assert.deepEqual(await onKept('/kept-after'), { slot: 'secondary', isReused: true })
  assert.deepEqual(await askedBy('after'), everyOne('secondary'))
  assert.deepEqual(
    await Promise.all(['/navigation-before', '/kept-before', '/navigation-after', '/kept-after'].map(why)),
    ['primary, pin', 'primary, pin', 'secondary, live', 'secondary, live'],
  )
  console.log(`barred, and confirmed through nginx, within ${Math.round(tookMs ?? Number.NaN)} ms`)
})

test('nobody comes to a barred build by way of the console, and its static files still come from disk', async () => {
  await bar()
  for (const path of ['/ops?via=other', '/api/ops/ping?via=other']) {
    assert.equal((await rig.ask(path, { headers: ofOldTab })).headers['x-served-by'], 'secondary', path)
  }
  await rig.steer('secondary', '/ops', '500')
  assert.equal((await rig.ask('/ops')).headers['x-served-by'], 'secondary')
  await rig.steer('secondary', '/ops', 'ok')
  const file = await rig.ask(`${STATIC}?dpl=${OLD}`)
  assert.deepEqual(
    [file.httpStatus, file.body, file.headers['x-served-by']],
    [200, 'of the old build', undefined],
  )
})

test('unbarred, its tabs are pinned to it again', async () => {
  await unbar()
  assert.deepEqual(await askedBy('unbarred'), everyOne('primary'))
  assert.deepEqual(await onKept('/kept-unbarred'), { slot: 'primary', isReused: true })
  assert.equal(await why('/kept-unbarred'), 'primary, pin')
})

test('a stream that is open on a barred build goes on, and the next one is opened on the live build', async () => {
  const open = async () => {
    const outgoing = request(new URL('/events', PUBLIC_URL), {
      headers: { ...ofOldTab, accept: 'text/event-stream' },
      agent: false,
    }).end()
    const [incoming]: IncomingMessage[] = await once(outgoing, 'response')
    return { incoming: incoming ?? assert.fail(), close: () => outgoing.destroy() }
  }
  const old = await open()
  assert.match(String((await once(old.incoming, 'data'))[0]), / primary\n\n/)
  await bar()
  for (let event = 0; event < 5; event++) {
    assert.match(String((await once(old.incoming, 'data'))[0]), / primary\n\n/)
  }
  const next = await open()
  assert.match(String((await once(next.incoming, 'data'))[0]), / secondary\n\n/)
  old.close()
  next.close()
  await unbar()
})

test('no request of its tabs fails while a build is barred and unbarred', async () => {
  let isOver = false
  const seen: Record<string, number> = {}
  const tab = async (): Promise<void> => {
    while (!isOver) {
      const answer = await rig.ask('/page', { headers: ofOldTab }).catch(() => null)
      const key = answer?.httpStatus === 200 ? String(answer.headers['x-served-by']) : 'failed'
      seen[key] = (seen[key] ?? 0) + 1
    }
  }
  const tabs = [tab(), tab(), tab(), tab()]
  for (let round = 0; round < 10; round++) {
    await bar()
    await unbar()
  }
  isOver = true
  await Promise.all(tabs)
  console.log(`requests by who answered them: ${JSON.stringify(seen)}`)
  assert.equal(seen.failed, undefined)
  assert.ok((seen.primary ?? 0) > 0 && (seen.secondary ?? 0) > 0)
})
