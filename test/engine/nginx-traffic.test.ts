import assert from 'node:assert/strict'
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import Docker from 'dockerode'
import { nginxTraffic } from '../../src/nginx/traffic.ts'
import { ReleaseError } from '../../src/release/errors.ts'
import { INTERNAL_URL, PUBLIC_URL, RELEASES, type Rig, runInProxy, startRig, until } from './nginx-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())
beforeEach(() => rig.route({}))

const soon = () => AbortSignal.timeout(20_000)

test('without a current nginx serves no generation, and says so', async () => {
  await rm(join(rig.liveDir, 'current'))
  assert.equal(await rig.traffic.served(soon()), null)
  assert.equal((await rig.traffic.read())?.live, null)
})

test('what was written is what nginx serves', async () => {
  const state = await rig.route({ live: 'secondary', shares: { primary: 5 } })
  assert.deepEqual(await rig.traffic.served(soon()), state)
  assert.deepEqual(await rig.traffic.read(), state)
})

test('a move is confirmed on five fresh connections, and the first request after it is at the new slot', async () => {
  const writes: number[] = []
  const firsts: number[] = []
  const confirms: number[] = []
  for (let move = 0; move < 20; move++) {
    const slot = move % 2 === 0 ? 'secondary' : 'primary'
    const generation = ((await rig.traffic.read())?.generation ?? 0) + 1
    const up = ['primary', 'secondary'] as const
    const startedAt = performance.now()
    await rig.traffic.write({
      generation,
      live: slot,
      up,
      shares: {},
      pins: [],
      console: null,
      barred: [],
      release: RELEASES[slot],
    })
    const writtenAt = performance.now()
    const first = await rig.ask('/api/system/status')
    const firstAt = performance.now()
    assert.equal(first.headers['x-served-by'], slot)
    const { tookMs } = await rig.traffic.confirm(
      { generation, slot, release: RELEASES[slot], health: 'operational' },
      soon(),
    )
    writes.push(writtenAt - startedAt)
    firsts.push(firstAt - writtenAt)
    confirms.push(tookMs)
  }
  console.log(
    `20 moves: written in ${median(writes)} ms, first answer of the new slot ${median(firsts)} ms after, confirmed in ${median(confirms)} ms (medians)`,
  )
})

test('under load no request fails while the traffic moves twenty times', async () => {
  const stop = new AbortController()
  const seen = { primary: 0, secondary: 0, failed: 0 }
  const visitors = Array.from({ length: 8 }, async (_, visitor) => {
    while (!stop.signal.aborted) {
      const method = visitor % 2 === 0 ? 'GET' : 'POST'
      const answer = await fetch(`${PUBLIC_URL}/page`, {
        method,
        body: method === 'POST' ? 'x'.repeat(8_192) : null,
        headers: visitor % 4 < 2 ? { connection: 'close' } : {},
      }).catch(() => null)
      await answer?.arrayBuffer()
      const slot = answer?.headers.get('x-served-by')
      if (answer?.status === 200 && (slot === 'primary' || slot === 'secondary')) seen[slot]++
      else seen.failed++
    }
  })
  for (let move = 0; move < 20; move++) {
    const slot = move % 2 === 0 ? 'secondary' : 'primary'
    const { generation } = await rig.route({ live: slot, release: RELEASES[slot] })
    await rig.traffic.confirm({ generation, slot, release: RELEASES[slot], health: 'operational' }, soon())
    const before = seen[slot]
    await until('the load has met the new slot', async () => seen[slot] > before + 50)
  }
  stop.abort()
  await Promise.all(visitors)
  console.log(
    `${seen.primary + seen.secondary} requests answered during 20 moves (${seen.primary} by primary, ${seen.secondary} by secondary), ${seen.failed} failed`,
  )
  assert.equal(seen.failed, 0)
  assert.ok(seen.primary > 500 && seen.secondary > 500)
})

const UNCONFIRMED = [
  [{ generation: 1_000_000, slot: 'primary', release: 1 }, /^nginx serves generation \d+, not 1000000$/],
  [{ slot: 'secondary', release: 2 }, /^the primary slot answers, not secondary$/],
  [{ slot: 'primary', release: 77 }, /^release 1 answers in the primary slot, not 77$/],
] as const

for (const [expected, reason] of UNCONFIRMED) {
  test(`a move is not confirmed when ${reason.source.slice(1, -1)}`, async () => {
    const { generation } = await rig.route({})
    await assert.rejects(
      rig.traffic.confirm({ generation, ...expected, health: 'operational' }, soon()),
      refused('switch-unconfirmed', reason),
    )
  })
}

test('a move to a slot that does not run is what nginx serves, and what it answers for the slot is said', async () => {
  await rig.container('secondary').stop({ t: 1 })
  try {
    const { generation } = await rig.route({ live: 'secondary' })
    const expected = { generation, slot: 'secondary', release: 2, health: 'operational' } as const
    const { sight, missing } = await rig.traffic.confirm(expected, soon())
    assert.equal(sight, 'unreached')
    assert.match(missing ?? '', /^nginx itself answers 50[24] in place of secondary$/)
  } finally {
    await rig.container('secondary').start()
    await until('the slot answers again', async () => (await rig.steer('secondary', '/x')) >= 0)
  }
})

test('a confirmation ends at once when it is aborted', async () => {
  const stop = new AbortController()
  const reason = new ReleaseError('aborted')
  const ending = rig.traffic.confirm(
    { generation: 1_000_000, slot: 'primary', release: 1, health: 'operational' },
    stop.signal,
  )
  stop.abort(reason)
  await assert.rejects(ending, reason)
})

test('a reload is confirmed by new workers, and an open stream outlives it', async () => {
  const stream = await fetch(`${PUBLIC_URL}/sse`, { signal: AbortSignal.timeout(20_000) })
  const reader = stream.body?.getReader()
  await reader?.read()
  const before = await rig.ask('/stub', { base: INTERNAL_URL })
  const { tookMs, workers } = await rig.traffic.reload(soon())
  const after = await rig.ask('/stub', { base: INTERNAL_URL })
  assert.equal(workers, 2)
  assert.equal(
    Number(after.headers['x-switchyard-reload']) - Number(before.headers['x-switchyard-reload'] || 0),
    1,
  )
  assert.notEqual(after.headers['x-switchyard-worker'], before.headers['x-switchyard-worker'])
  assert.match(new TextDecoder().decode((await reader?.read())?.value), /^data: \d+ primary/)
  await reader?.cancel()
  console.log(`a reload was tested, signalled and confirmed in ${Math.round(tookMs)} ms`)
})

test('a reload is not confirmed while a worker has not heard of it', async () => {
  const [worker = ''] = (await runInProxy(rig, 'cat /proc/$(cat /tmp/nginx.pid)/task/*/children')).split(' ')
  const numberServed = async () =>
    Number((await rig.ask('/stub', { base: INTERNAL_URL })).headers['x-switchyard-reload'])
  const before = await numberServed()
  await runInProxy(rig, `kill -STOP ${worker}`)
  let isConfirmed = false
  const reload = rig.traffic.reload(soon()).then(() => {
    isConfirmed = true
  })
  try {
    await until('new workers answer', async () => (await numberServed()) > before)
    for (let question = 0; question < 20; question++) await numberServed()
    assert.equal(isConfirmed, false)
  } finally {
    await runInProxy(rig, `kill -CONT ${worker}`)
  }
  await reload
})

test('a reload takes up a changed configuration', async () => {
  const path = join(rig.dir, 'nginx', 'proxy.conf')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('client_max_body_size 10m;', 'client_max_body_size 1k;'))
  await rig.traffic.reload(soon())
  assert.equal((await rig.ask('/page', { method: 'POST', body: 'x'.repeat(2_000) })).httpStatus, 413)
  await writeFile(path, text)
  await rig.traffic.reload(soon())
  assert.equal((await rig.ask('/page', { method: 'POST', body: 'x'.repeat(2_000) })).httpStatus, 200)
})

test('a TLS terminator that terminator.conf names is believed, and nobody else', async () => {
  const path = join(rig.dir, 'nginx', 'terminator.conf')
  const text = await readFile(path, 'utf8')
  const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' }
  const seenBySlot = async () => JSON.parse((await rig.ask('/page', { headers })).body).headers
  const before = await seenBySlot()
  assert.deepEqual([before['x-forwarded-proto'], before['x-real-ip']], ['http', '172.30.61.1'])
  const named = text.replaceAll('172.30.42.1/32', '172.30.61.1/32').replace(/^( *)# (\S+\/32 1;)$/m, '$1$2')
  await writeFile(path, named.replace(/^# (set_real_ip_from|real_ip_header)/gm, '$1'))
  await rig.traffic.reload(soon())
  await rig.route({ shares: { secondary: 1 } })
  const after = await seenBySlot()
  assert.deepEqual([after['x-forwarded-proto'], after['x-real-ip']], ['https', '203.0.113.7'])
  const { headers: answer } = await rig.ask('/page', { headers })
  assert.match(String(answer['set-cookie']), /; HttpOnly; SameSite=Lax; Secure$/)
  await writeFile(path, text)
  await rig.traffic.reload(soon())
})

test('a configuration that is wrong is refused in nginx’s own words, and the old one goes on', async () => {
  const path = join(rig.dir, 'nginx', 'ops.conf')
  const text = await readFile(path, 'utf8')
  const number = await readFile(join(rig.liveDir, 'reload.conf'), 'utf8')
  await appendFile(path, 'prxy_pass http://primary;\n')
  try {
    const line = text.split('\n').length
    const words = new RegExp(`^unknown directive "prxy_pass" in /etc/switchyard/nginx/ops\\.conf:${line}$`)
    await assert.rejects(rig.traffic.checkConfig(soon()), refused('nginx-invalid', words))
    await assert.rejects(rig.traffic.reload(soon()), refused('nginx-invalid', words))
  } finally {
    await writeFile(path, text)
  }
  assert.equal(await readFile(join(rig.liveDir, 'reload.conf'), 'utf8'), number)
  assert.equal((await rig.ask('/page')).httpStatus, 200)
  await rig.traffic.checkConfig(soon())
})

test('a configuration that the test passes and the master refuses is told too', async () => {
  // nginx -t sees no running zone, so only the master knows that a zone's key can't change.
  const proxy = join(rig.dir, 'nginx', 'proxy.conf')
  const proxyText = await readFile(proxy, 'utf8')
  await writeFile(proxy, proxyText.replace('$sign_in_key zone=sign_in:1m', '$http_host zone=sign_in:1m'))
  try {
    await rig.traffic.checkConfig(soon())
    await assert.rejects(
      rig.traffic.reload(soon()),
      refused('nginx-invalid', /^limit_req "sign_in" uses the "\$http_host" key while previously it used/),
    )
  } finally {
    await writeFile(proxy, proxyText)
  }
  await rig.traffic.reload(soon())
})

test('nginx that does not run, or answers nobody, is unreachable', async () => {
  const elsewhere = nginxTraffic({
    liveDir: rig.liveDir,
    publicUrl: new URL(PUBLIC_URL),
    internalUrl: new URL('http://127.0.0.1:9'),
    docker: rig.docker,
    containerFilter: { label: ['com.docker.compose.project=synginx-none'] },
  })
  await assert.rejects(
    elsewhere.served(soon()),
    refused('nginx-unreachable', /^connect ECONNREFUSED 127\.0\.0\.1:9$/),
  )
  await assert.rejects(
    elsewhere.checkConfig(soon()),
    refused('nginx-unreachable', /^its container does not run$/),
  )
  const noDocker = nginxTraffic({
    liveDir: rig.liveDir,
    publicUrl: new URL(PUBLIC_URL),
    internalUrl: new URL(INTERNAL_URL),
    docker: new Docker({ socketPath: '/run/no-such-docker.sock' }),
    containerFilter: { label: [] },
  })
  await assert.rejects(
    noDocker.reload(soon()),
    refused('docker-unreachable', /^there is no \/run\/no-such-docker\.sock$/),
  )
})

function refused(code: string, reason: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof ReleaseError, String(error))
    assert.equal(error.code, code)
    assert.match(error.facts.reason ?? '', reason)
    return true
  }
}

function median(values: readonly number[]): string {
  return (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(1)
}
