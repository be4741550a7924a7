import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { RoutingState } from '../../src/release/ports.ts'
import { SLOTS } from '../../src/release/slot.ts'
import { DEPLOYMENT_IDS, type Rig, runInProxy, startRig, until } from './nginx-rig.ts'

const PINS = [
  { deploymentId: DEPLOYMENT_IDS.primary, slot: 'primary' },
  { deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' },
] as const

let rig: Rig
let routing: RoutingState
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())
beforeEach(async () => {
  // All that could be lost: which slot is live, whose tabs stay, which visitors are counted apart.
  routing = await rig.route({ live: 'secondary', pins: PINS, shares: { primary: 50 } })
})

const soon = (): AbortSignal => AbortSignal.timeout(20_000)
const proxy = () => rig.container('proxy')

const WAYS: readonly { what: string; harm: () => Promise<unknown> }[] = [
  {
    what: 'whose master process is killed is started again by Docker',
    harm: () => runInProxy(rig, 'kill -9 "$(cat /tmp/nginx.pid)"'),
  },
  { what: 'that is restarted comes back', harm: () => proxy().restart({ t: 5 }) },
  {
    what: 'that is killed through Docker comes back when it is started',
    harm: async () => {
      await proxy().kill({ signal: 'SIGKILL' })
      await proxy().wait()
      await proxy().start()
    },
  },
]

for (const { what, harm } of WAYS) {
  test(`nginx ${what}, in the middle of load and to the same routing`, async () => {
    const load = startLoad()
    const startedAt = await startedTime()
    await until('there is load', async () => load.seen.good > 20)
    const harmedAt = performance.now()
    await harm()
    await until('it has started anew', async () => (await startedTime()) > startedAt)
    await until('it answers', async () => (await rig.traffic.served(soon())) !== null)
    const backAfterMs = Math.round(performance.now() - harmedAt)
    await assertRoutedAsBefore()
    const { lost, good } = load.seen
    await until('the load goes on', async () => load.seen.good > good + 50)
    await load.stop()
    assert.equal(load.seen.lost, lost, 'nothing fails once it is back')
    assert.deepEqual(load.seen.wrong, [], 'nobody is sent elsewhere')
    console.log(`back after ${backAfterMs} ms; ${lost} requests were refused or cut until then`)
  })
}

test('a worker that is killed is replaced, and who comes then notices nothing', async () => {
  const workers = async () =>
    (await runInProxy(rig, 'cat /proc/$(cat /tmp/nginx.pid)/task/*/children')).trim().split(' ')
  const before = await workers()
  await runInProxy(rig, `kill -9 ${before[0]}`)
  await until('there are two again', async () => {
    const now = await workers()
    return now.length === before.length && now.join() !== before.join()
  })
  await assertRoutedAsBefore()
})

test('reloads in the middle of load fail nobody on a fresh connection and keep the routing', async () => {
  const load = startLoad()
  for (let reload = 0; reload < 3; reload++) {
    const { good } = load.seen
    await rig.traffic.reload(soon())
    await until('the load goes on', async () => load.seen.good > good + 20)
  }
  await load.stop()
  assert.deepEqual([load.seen.lost, load.seen.wrong], [0, []])
  await assertRoutedAsBefore()
})

/** The routing as it was: by what nginx says, and by what it does for tabs, visitors and monitors. */
async function assertRoutedAsBefore(): Promise<void> {
  assert.deepEqual(await rig.traffic.served(soon()), routing)
  for (const { deploymentId, slot } of PINS) {
    const answer = await rig.ask('/page', { headers: { 'x-deployment-id': deploymentId } })
    assert.equal(answer.headers['x-served-by'], slot)
  }
  const visits = [...'0123456789abcdef'].map((digit) =>
    rig.ask('/page', { headers: { cookie: `switchyard_visitor=${digit.repeat(32)}` } }),
  )
  const servedBy = (await Promise.all(visits)).map(({ headers }) => headers['x-served-by'])
  assert.deepEqual(new Set(servedBy), new Set(SLOTS))
  assert.equal((await rig.ask('/api/system/status')).headers['x-served-by'], 'secondary')
}

type Load = { good: number; lost: number; wrong: string[] }

/** Tabs of one build on four fresh connections at a time. `lost` were refused or cut; `wrong` were answered otherwise. */
function startLoad(): { seen: Load; stop: () => Promise<void> } {
  const seen: Load = { good: 0, lost: 0, wrong: [] }
  const stop = new AbortController()
  const headers = { 'x-deployment-id': DEPLOYMENT_IDS.primary }
  const visitors = Array.from({ length: 4 }, async () => {
    while (!stop.signal.aborted) {
      const answer = await rig.ask('/page', { headers }).catch(() => null)
      if (answer === null) {
        seen.lost += 1
        await pause(10)
      } else if (answer.headers['x-served-by'] === 'primary') seen.good += 1
      else seen.wrong.push(`${answer.httpStatus} ${answer.body.slice(0, 200)}`)
    }
  })
  return {
    seen,
    stop: async () => {
      stop.abort()
      await Promise.all(visitors)
    },
  }
}

/** When the container that runs was started; nothing while none runs. */
async function startedTime(): Promise<string> {
  const { State } = await proxy().inspect()
  return State.Running && !State.Restarting ? State.StartedAt : ''
}
