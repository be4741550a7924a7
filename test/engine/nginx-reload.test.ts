import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { removeMoved, writeMoved } from '../../src/nginx/moved.ts'
import type { Slot } from '../../src/release/slot.ts'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { keepConnections } from '../../src/setup/reload/keep-connections.ts'
import { startLoad } from '../load/load.ts'
import {
  NETWORK,
  NGINX_ADDRESS,
  PUBLIC_URL,
  type Rig,
  runInProxy,
  slotUrl,
  startRig,
  until,
} from './nginx-rig.ts'

const RELOADS = 6
const prefixes = { control: NETWORK, primary: NETWORK, secondary: NETWORK }

let rig: Rig

before(async () => {
  rig = await startRig()
  await rig.route({ live: 'primary' })
})

after(() => rig.stop())

test('no request is lost by six reloads, on kept connections with a long way neither', async () => {
  const load = await startLoad({
    url: PUBLIC_URL,
    ratePerSecond: 150,
    durationMs: 120_000,
    getPaths: ['/'],
    postPath: null,
    farShare: 0.5,
    freshShare: 0.1,
  })
  const proxyId = (await rig.container('proxy').inspect()).Id
  const scripts = { directory: join(import.meta.dirname, '..', '..'), tools: MADE_IMAGES.tools }
  for (let at = 0; at < RELOADS; at++) {
    const sent = load.sentSoFar()
    await until('connections are kept', async () => load.sentSoFar() > sent + 300)
    assert.equal(await keepConnections({ docker: rig.docker, ...scripts, proxyId, prefixes }), null)
    await rig.traffic.reload(AbortSignal.timeout(15_000))
  }
  const report = await load.stop()
  console.log(
    `${report.sent} requests, ${report.failed} failed, p99 ${report.latencyMs.p99} ms, max ${report.latencyMs.max}`,
  )
  assert.equal(report.failed, 0, JSON.stringify(report.failures.slice(0, 5)))
})

test('slots that moved while nginx ran are found by what set-up leaves in live/', async () => {
  const servedBy = async () => (await rig.ask('/')).headers['x-served-by']
  const reload = () => rig.traffic.reload(AbortSignal.timeout(15_000))
  const healthOfBefore = () =>
    runInProxy(
      rig,
      'bash -c \'exec 3<>/dev/tcp/127.0.0.1/8081 && printf "GET /alive HTTP/1.0\\r\\n\\r\\n" >&3 && head -n 1 <&3\'',
    )
  assert.equal(await servedBy(), 'primary')
  await writeMoved(rig.liveDir, { primary: addressOf('secondary'), secondary: addressOf('primary') })
  await reload()
  assert.equal(await servedBy(), 'secondary')
  assert.match(await healthOfBefore(), /204/)
  await assert.rejects(rig.ask('/alive', { base: `http://${NGINX_ADDRESS}:8081` }), { code: 'ECONNRESET' })
  await removeMoved(rig.liveDir)
  await reload()
  assert.equal(await servedBy(), 'primary')
  await assert.rejects(rig.ask('/alive', { base: `http://${NGINX_ADDRESS}:8081` }), { code: 'ECONNREFUSED' })
})

const addressOf = (slot: Slot): string => new URL(slotUrl(slot)).hostname
