import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import type { Slot } from '../../src/release/slot.ts'
import { DEPLOYMENT_IDS, type Rig, startRig, until } from './nginx-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())
beforeEach(() => rig.route({}))

const PINS = [
  { deploymentId: DEPLOYMENT_IDS.primary, slot: 'primary' },
  { deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' },
] as const

test('the live slot answers, and the next generation moves every new request', async () => {
  const before = await rig.ask('/page')
  await rig.route({ live: 'secondary' })
  const after = await rig.ask('/page')
  assert.equal(JSON.parse(before.body).slot, 'primary')
  assert.equal(before.headers['x-served-by'], 'primary')
  assert.equal(JSON.parse(after.body).slot, 'secondary')
  assert.equal(after.headers['x-served-by'], 'secondary')
})

test('a path reaches the slot as the visitor wrote it', async () => {
  for (const path of ['/a%2Fb?x=1&y=%20', '/api/ops/a%2Fb?x=1', '/ops/a%20b']) {
    assert.equal(JSON.parse((await rig.ask(path)).body).url, path)
  }
})

test('a tab that was opened on a build stays with its slot, by header and by query', async () => {
  await rig.route({ pins: PINS })
  const byHeader = await rig.ask('/page', { headers: { 'x-deployment-id': DEPLOYMENT_IDS.secondary } })
  const byQuery = await rig.ask(`/_next/image?url=%2Fa.png&dpl=${DEPLOYMENT_IDS.secondary}`)
  const action = await rig.ask('/page', {
    method: 'POST',
    headers: { 'x-deployment-id': DEPLOYMENT_IDS.secondary, 'next-action': '00' },
    body: 'x',
  })
  for (const answer of [byHeader, byQuery, action]) assert.equal(JSON.parse(answer.body).slot, 'secondary')
})

test('an unknown, foreign or malformed build id goes to the live slot', async () => {
  await rig.route({ pins: PINS })
  for (const id of [
    'b9-ffffffff',
    '../state',
    `${DEPLOYMENT_IDS.secondary}/..`,
    'a'.repeat(65),
    'b2 bbbbbbb',
    '-',
  ]) {
    const answer = await rig.ask('/page', { headers: { 'x-deployment-id': id } })
    assert.equal(JSON.parse(answer.body).slot, 'primary', id)
  }
  const traversal = await rig.ask('/page?dpl=..%2f..%2fb2-bbbbbbb')
  assert.equal(JSON.parse(traversal.body).slot, 'primary')
})

test('a pin to a slot that can not be connected to falls through to the live slot, POST included', async () => {
  await rig.route({ pins: PINS })
  await rig.container('secondary').stop({ t: 1 })
  try {
    const headers = { 'x-deployment-id': DEPLOYMENT_IDS.secondary }
    const read = await rig.ask('/page', { headers })
    const sent = await rig.ask('/page', { method: 'POST', headers, body: 'once' })
    assert.deepEqual([read.httpStatus, JSON.parse(read.body).slot], [200, 'primary'])
    assert.deepEqual([sent.httpStatus, JSON.parse(sent.body).bytes], [200, 4])
    assert.equal(sent.headers['x-served-by'], 'primary')
  } finally {
    await rig.container('secondary').start()
    await until('the slot answers again', async () => (await rig.steer('secondary', '/page')) >= 0)
  }
})

test('nobody can choose a slot by a header, a cookie or a query of their own', async () => {
  const answer = await rig.ask('/page?slot=secondary&dpl=secondary', {
    headers: {
      'x-bg-slot': 'secondary',
      'x-slot': 'secondary',
      'x-served-by': 'secondary',
      cookie: 'slot=secondary; switchyard_visitor=secondary',
    },
  })
  assert.equal(JSON.parse(answer.body).slot, 'primary')
})

test('a share of visitors gets the other slot, and stays with it', async () => {
  await rig.route({ shares: { secondary: 30 } })
  const visits = await Promise.all(Array.from({ length: 300 }, () => rig.ask('/page')))
  const onOther = visits.filter((visit) => visit.headers['x-served-by'] === 'secondary').length
  assert.ok(onOther > 55 && onOther < 130, `${onOther} of 300 visitors were on the slot with 30 percent`)
  for (const visit of visits.slice(0, 60)) {
    const cookie = String(visit.headers['set-cookie']).split(';')[0] ?? ''
    assert.match(cookie, /^switchyard_visitor=[0-9a-f]{32}$/)
    const again = await rig.ask('/page', { headers: { cookie } })
    assert.equal(again.headers['x-served-by'], visit.headers['x-served-by'])
    assert.equal(again.headers['set-cookie'], undefined)
  }
})

test('without a canary no visitor carries a cookie, and with all of it everyone moves', async () => {
  assert.equal((await rig.ask('/page')).headers['set-cookie'], undefined)
  await rig.route({ shares: { secondary: 100 } })
  for (let visit = 0; visit < 20; visit++) {
    assert.equal((await rig.ask('/page')).headers['x-served-by'], 'secondary')
  }
})

test('the status route is the live slot’s, whatever the visitor is pinned to, and is never kept', async () => {
  await rig.route({ pins: PINS, shares: { secondary: 100 } })
  const headers = { 'x-deployment-id': DEPLOYMENT_IDS.secondary }
  for (const method of ['GET', 'HEAD']) {
    const answer = await rig.ask('/api/system/status', { method, headers })
    assert.equal(answer.headers['x-served-by'], 'primary')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.httpStatus, 200)
  }
})

test('without a live slot the answer is 503, with the reason in words', async () => {
  await rig.route({ live: null })
  for (const path of ['/', '/api/system/status', '/ops', '/api/ops/status', '/_next/static/a.js']) {
    const answer = await rig.ask(path)
    assert.equal(answer.httpStatus, 503, path)
    assert.match(answer.body, /No part of the site is ready to answer\. ?/)
    assert.equal(answer.headers['x-served-by'], undefined)
  }
})

test('without any generation the answer is 503, never a guess', async () => {
  const current = join(rig.liveDir, 'current')
  await rename(current, join(rig.liveDir, 'aside'))
  try {
    const answer = await rig.ask('/')
    assert.equal(answer.httpStatus, 503)
  } finally {
    await rename(join(rig.liveDir, 'aside'), current)
  }
  assert.equal((await rig.ask('/')).httpStatus, 200)
})

/** Leads `current` to one and the other generation, as fast as it can. */
const FLIPPING = `
const { renameSync, symlinkSync } = require('node:fs')
for (;;) for (const name of ['gen-999', 'gen-1000']) {
  symlinkSync(name, 'current.tmp')
  renameSync('current.tmp', 'current')
}`

test('no request reads a third generation where the number of the next has a digit more', async () => {
  const live = { 'gen-999': 'primary', 'gen-1000': 'primary', 'gen-100': 'secondary' } as const
  assert.deepEqual(await seenWhileFlipping(live), { '200 primary': 600 })
})

test('while the live slot changes without a pause every request finds one, and never none', async () => {
  const live = { 'gen-999': 'primary', 'gen-1000': 'secondary' } as const
  const {
    '200 primary': primary = 0,
    '200 secondary': secondary = 0,
    ...others
  } = await seenWhileFlipping(live)
  assert.deepEqual(others, {})
  assert.equal(primary + secondary, 600)
  assert.ok(primary > 0 && secondary > 0)
})

/** What 600 requests met, by status and slot, while `current` led to one and the other of the first two generations. */
async function seenWhileFlipping(generations: Record<string, Slot>): Promise<Record<string, number>> {
  const current = join(rig.liveDir, 'current')
  const before = await readlink(current)
  const seen: Record<string, number> = {}
  for (const [name, live] of Object.entries(generations)) await makeGeneration(name, live)
  const flipping = spawn(process.execPath, ['-e', FLIPPING], { cwd: rig.liveDir, stdio: 'ignore' })
  try {
    await until('it has begun', async () => (await readlink(current)) in generations)
    const visitor = async () => {
      for (let visit = 0; visit < 60; visit++) {
        // All rules are read for a request with an id, the short way for one without.
        const headers: Record<string, string> = visit % 2 === 0 ? { 'x-deployment-id': 'b9-fffffff' } : {}
        const answer = await rig.ask('/page', { headers })
        const key = `${answer.httpStatus} ${answer.headers['x-served-by']}`
        seen[key] = (seen[key] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: 10 }, visitor))
    return seen
  } finally {
    const ended = once(flipping, 'exit')
    flipping.kill('SIGKILL')
    await ended
    await rm(`${current}.tmp`, { force: true })
    await symlink(before, `${current}.tmp`)
    await rename(`${current}.tmp`, current)
    for (const name of Object.keys(generations)) await rm(join(rig.liveDir, name), { recursive: true })
  }
}

async function makeGeneration(name: string, live: Slot): Promise<void> {
  await mkdir(join(rig.liveDir, name))
  for (const flag of [`live-${live}`, 'up-primary', 'up-secondary']) {
    await writeFile(join(rig.liveDir, name, flag), '')
  }
}
