import assert from 'node:assert/strict'
import { chmod, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SLOTS, type Slot } from '../../src/release/slot.ts'
import { DEPLOYMENT_IDS, INTERNAL_URL, type Rig, slotUrl, startRig, until } from './nginx-rig.ts'

const PINS = [
  { deploymentId: DEPLOYMENT_IDS.primary, slot: 'primary' },
  { deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' },
] as const
const HTML = { accept: 'text/html' }

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())

for (const [gone, live] of [
  ['primary', 'secondary'],
  ['secondary', 'primary'],
] as const) {
  test(`nginx starts and serves while ${gone} is absent, the tabs of that slot too`, async () => {
    await rig.route({ live, pins: PINS })
    await withoutSlots([gone], async () => {
      await restartProxy()
      for (const headers of [{}, ...PINS.map((pin) => ({ 'x-deployment-id': pin.deploymentId }))]) {
        const answer = await rig.ask('/page', { headers })
        assert.deepEqual([answer.httpStatus, answer.headers['x-served-by']], [200, live])
      }
      assert.equal((await rig.ask('/api/system/status')).headers['x-served-by'], live)
      assert.equal((await rig.ask('/ops')).headers['x-served-by'], live)
    })
  })
}

test('nginx starts while both slots are absent, and answers with a page until one is back', async () => {
  await rig.route({ pins: PINS })
  await withoutSlots(SLOTS, async () => {
    await restartProxy()
    const paths = ['/page', `/page?dpl=${DEPLOYMENT_IDS.secondary}`, '/ops', '/_next/static/none.js']
    const answers = paths.map((path) => rig.ask(path, { headers: HTML }))
    for (const answer of await Promise.all(answers)) {
      assert.ok([502, 504].includes(answer.httpStatus), String(answer.httpStatus))
      assert.match(answer.body, /<h1>This page can’t be shown right now<\/h1>/)
    }
    const status = await rig.ask('/api/system/status')
    assert.equal(JSON.parse(status.body).error.what, 'The site did not answer in time. It may be restarting.')
  })
  assert.equal((await rig.ask('/page')).httpStatus, 200)
})

test('an absent slot holds nobody up for more than the three seconds of a connect', async () => {
  await rig.route({})
  await withoutSlots(['primary'], async () => {
    const startedAt = performance.now()
    const answer = await rig.ask('/page')
    const tookMs = performance.now() - startedAt
    assert.ok([502, 504].includes(answer.httpStatus))
    assert.ok(tookMs < 4_500, `it took ${tookMs} ms`)
  })
})

test('a slot that comes back is used with the next request, for the site and for its tabs', async () => {
  await rig.route({ pins: PINS })
  const tab = { 'x-deployment-id': DEPLOYMENT_IDS.secondary }
  await withoutSlots(['secondary'], async () => {
    const visits = Array.from({ length: 6 }, () => rig.ask('/page', { headers: tab }))
    for (const answer of await Promise.all(visits)) assert.equal(answer.headers['x-served-by'], 'primary')
  })
  assert.equal((await rig.ask('/page', { headers: tab })).headers['x-served-by'], 'secondary')
  await withoutSlots(['primary'], async () => {
    const visits = Array.from({ length: 6 }, () => rig.ask('/page'))
    for (const answer of await Promise.all(visits)) assert.ok([502, 504].includes(answer.httpStatus))
  })
  assert.equal((await rig.ask('/page')).headers['x-served-by'], 'primary')
})

test('a slot that takes connections and never answers gets the page of 504, and a tab the live slot', async () => {
  await rig.route({ pins: PINS })
  await rig.withEdit('proxy.conf', [['proxy_read_timeout 120s;', 'proxy_read_timeout 1s;']], async () => {
    await paused('secondary', async () => {
      const headers = { ...HTML, 'x-deployment-id': DEPLOYMENT_IDS.secondary }
      assert.equal((await rig.ask('/page', { headers })).headers['x-served-by'], 'primary')
    })
    await paused('primary', async () => {
      const answer = await rig.ask('/page', { headers: HTML })
      assert.equal(answer.httpStatus, 504)
      assert.match(answer.body, /The site did not answer in time\./)
    })
  })
})

const ROUTINGS: readonly { what: string; spoil: () => Promise<void>; httpStatus: number; state: number }[] = [
  {
    what: 'nothing is called current',
    spoil: () => rm(join(rig.liveDir, 'current')),
    ...{ httpStatus: 503, state: 404 },
  },
  {
    what: 'current leads nowhere',
    spoil: () => leadTo('gen-0'),
    ...{ httpStatus: 503, state: 404 },
  },
  {
    what: 'current leads to a directory without flags',
    spoil: async () => {
      await mkdir(join(rig.liveDir, 'gen-0'))
      await leadTo('gen-0')
    },
    ...{ httpStatus: 503, state: 404 },
  },
  {
    what: 'the generation can’t be entered',
    spoil: async () => chmod(join(rig.liveDir, await readlink(join(rig.liveDir, 'current'))), 0o000),
    ...{ httpStatus: 503, state: 403 },
  },
  {
    what: 'only the description of the generation is missing',
    spoil: () => rm(join(rig.liveDir, 'current', 'state.json')),
    ...{ httpStatus: 200, state: 404 },
  },
]

for (const { what, spoil, httpStatus, state } of ROUTINGS) {
  test(`nginx starts and answers with ${httpStatus} while ${what}`, async () => {
    await rig.route({ live: 'secondary', pins: PINS })
    const name = await readlink(join(rig.liveDir, 'current'))
    await spoil()
    try {
      await restartProxy()
      const tabs = PINS.map(({ deploymentId }) => ({ 'x-deployment-id': deploymentId }))
      for (const headers of [{}, ...tabs]) {
        const answer = await rig.ask('/page', { headers: { ...HTML, ...headers } })
        assert.equal(answer.httpStatus, httpStatus)
        if (httpStatus === 503) assert.match(answer.body, /No part of the site is ready to answer\./)
      }
      assert.equal((await rig.ask('/state', { base: INTERNAL_URL })).httpStatus, state)
    } finally {
      await chmod(join(rig.liveDir, name), 0o755)
      await rm(join(rig.liveDir, 'gen-0'), { recursive: true, force: true })
      // The next routing is written as if this one had never been.
      await rm(join(rig.liveDir, 'current'), { force: true })
    }
    assert.equal((await rig.ask('/page')).httpStatus, 503)
    await rig.route({})
    assert.equal((await rig.ask('/page')).httpStatus, 200)
  })
}

async function restartProxy(): Promise<void> {
  await rig.container('proxy').restart({ t: 5 })
  const isAlive = async () => (await rig.ask('/alive', { base: INTERNAL_URL })).httpStatus === 204
  await until('nginx runs', isAlive)
}

async function withoutSlots(gone: readonly Slot[], during: () => Promise<void>): Promise<void> {
  await Promise.all(gone.map((slot) => rig.container(slot).stop({ t: 1 })))
  try {
    await during()
  } finally {
    await Promise.all(gone.map((slot) => rig.container(slot).start()))
    for (const slot of gone) {
      const answers = async () => (await rig.ask('/x', { base: slotUrl(slot) })).httpStatus === 200
      await until(`${slot} answers again`, answers)
    }
  }
}

async function paused(slot: Slot, during: () => Promise<void>): Promise<void> {
  await rig.container(slot).pause()
  try {
    await during()
  } finally {
    await rig.container(slot).unpause()
  }
}

async function leadTo(name: string): Promise<void> {
  await symlink(name, join(rig.liveDir, 'current.tmp'))
  await rename(join(rig.liveDir, 'current.tmp'), join(rig.liveDir, 'current'))
}
