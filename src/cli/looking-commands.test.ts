import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cli, start } from '../../test/fixtures/command-line.ts'
import {
  barOf,
  brokenStream,
  build,
  eventStream,
  liveRelease,
  log,
  release,
  scriptedDirector,
  step,
  systemStatus,
} from '../../test/fixtures/scripted-director.ts'
import { traffic } from '../../test/fixtures/traffic-counts.ts'
import type { SystemStatus } from '../director/protocol.ts'
import { historyLines } from './commands/history.ts'
import { statusExitCode } from './commands/status.ts'
import { statusLines } from './status-lines.ts'

const plain = { paint: (_colour: string, text: string) => text }

test('status shows both slots, what a rollback would bring back, and the newest release', async () => {
  const { projectDir } = await scriptedDirector((app) => {
    app.get('/v1/status', (context) => context.json(systemStatus()))
  })
  const { exitCode, out, err } = await cli(projectDir, 'status')
  assert.equal(
    out,
    `shop: visitors get 1.4.0 from the primary slot. A rollback would bring back 1.3.0.

slot       role     version  state        latency  up  in flight  req/s  p99     cpu        memory              address
primary    live     1.4.0    operational  3 ms     2h  4          12     240 ms  0.12 of 1  100 MiB of 512 MiB  http://127.0.0.1:8001
secondary  standby  1.3.0    operational  3 ms     2h  4          0.0    -       0.12 of 1  100 MiB of 512 MiB  http://127.0.0.1:8002

Release 11: deploy of the working tree to secondary, succeeded, 4m ago.
`,
  )
  assert.deepEqual([exitCode, err], [0, ''])
})

test('status names what is under way and what is wrong', () => {
  const running = release({ steps: [step('build', 'Build the image', 'running')] })
  const problem = "nginx can't be asked: no answer."
  const routing = { live: 'primary' as const, generation: 7, nginxAnswers: false, problem }
  const lines = statusLines(systemStatus({ running, standby: null, routing }), plain)
  assert.equal(
    lines[0],
    'shop: nginx does not answer, so visitors get nothing; it would serve 1.4.0 from the primary slot. There is no build to roll back to.',
  )
  assert.deepEqual(lines.slice(-3), [
    'Release 12: deploy of the working tree to secondary, by ada, for 5m. Now: Build the image.',
    'Release 11: deploy of the working tree to secondary, succeeded, 4m ago.',
    "nginx can't be asked: no answer.",
  ])
})

test('status says what is barred where it concerns a slot', () => {
  const { slots } = systemStatus()
  const barred = barOf(build('1.3.0', 10))
  const secondary = { ...slots.secondary, role: 'idle' as const, barred }
  const status = systemStatus({ standby: null, slots: { ...slots, secondary }, barred: [barred] })
  const lines = statusLines(status, plain)
  assert.equal(
    lines[0],
    'shop: visitors get 1.4.0 from the primary slot. There is nothing to roll back to: the other build is barred.',
  )
  assert.equal(
    lines.at(-1),
    'In secondary, 1.3.0 (b10-1a2b3c4) is barred by ada since 2026-03-01 10:00:04 UTC: CVE-2026-1234.',
  )
  const elsewhere = systemStatus({ barred: [barOf(build('1.0.0', 3))] })
  assert.deepEqual(statusLines(elsewhere, plain), statusLines(systemStatus(), plain))
})

test('status says what fails, how much comes from tabs of the old build, and when nobody can tell', () => {
  const { primary, secondary } = systemStatus().slots
  const slots = {
    primary: { ...primary, traffic: traffic({ requests: 600, failed: 12 }) },
    secondary: {
      ...secondary,
      deploymentId: 'b10-1a2b3c4',
      traffic: traffic({ requests: 14, fromOldTabs: 14 }),
    },
  }
  assert.deepEqual(statusLines(systemStatus({ slots }), plain).slice(6), [
    'secondary: 14 requests in the last minute came from tabs of b10-1a2b3c4.',
    'Release 11: deploy of the working tree to secondary, succeeded, 4m ago.',
    'primary: 12 of 600 requests in the last minute failed.',
  ])
  const problem = "The access log of nginx can't be read: no such thing."
  const unknown = { primary: { ...primary, traffic: null }, secondary: { ...secondary, traffic: null } }
  const lines = statusLines(
    systemStatus({ slots: unknown, traffic: { byNginx: null, unreadableLines: 0, problem } }),
    plain,
  )
  assert.match(lines[3] ?? '', / 4 {10}- {6}- {4}0\.12 of 1 /)
  assert.equal(lines.at(-1), problem)
})

test('the version of a foreign image can not drive the terminal', () => {
  const live = { ...build('1.4.0'), version: '\u001b[2J9\u0007.9' }
  const lines = statusLines(systemStatus({ live, standby: { ...live, image: 'shop:other' } }), plain)
  assert.equal(lines[0], 'shop: visitors get 9.9 from the primary slot. A rollback would bring back 9.9.')
})

const sick: SystemStatus['slots'] = {
  ...systemStatus().slots,
  primary: {
    ...systemStatus().slots.primary,
    health: {
      state: 'unreachable',
      latencyMs: null,
      checkedAt: '',
      problem: 'primary does not answer its status route.',
    },
  },
}
const CHECKS: [string, Partial<SystemStatus>, number][] = [
  ['all is well', {}, 0],
  [
    "Docker can't be reached",
    { docker: { version: null, problem: "Docker can't be reached: no answer." } },
    69,
  ],
  ['nothing is live', { routing: { live: null, generation: null, nginxAnswers: true, problem: null } }, 2],
  [
    'nginx serves something else',
    {
      routing: {
        live: 'primary',
        generation: 6,
        nginxAnswers: true,
        problem: 'nginx serves generation 6, the disk holds 7.',
      },
    },
    2,
  ],
  ['the live slot is sick', { slots: sick }, 2],
]

for (const [name, changes, expected] of CHECKS) {
  test(`status ends with ${expected} when ${name}`, () => {
    assert.equal(statusExitCode(systemStatus(changes)), expected)
  })
}

test('history is a table, newest first', async () => {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.get('/v1/releases', (context) => context.json({ releases: [liveRelease()], more: true }))
  })
  const { out } = await cli(projectDir, 'history', '--limit', '1')
  assert.match(out, /^release {2}state {6}what {24}version {2}build {8}slot {7}by {3}when/)
  assert.match(out, /\nThere are older ones: use --limit\.\n$/)
  assert.equal(seen[0]?.url, '/v1/releases?limit=1')
  assert.deepEqual(
    historyLines(
      { releases: [liveRelease({ note: 'New cart\u0007' })], barred: [] },
      Date.parse('2026-03-01T13:00:00Z'),
    ),
    [
      'release  state      what                        version  build        slot       by   when    took    note',
      '12       succeeded  deploy of the working tree  1.5.0    b12-1a2b3c4  secondary  ada  3h ago  42.0 s  New cart',
    ],
  )
  assert.deepEqual(historyLines({ releases: [], barred: [] }, 0), ['There is no release yet.'])
  const barred = [barOf(build('1.5.0'))]
  assert.match(historyLines({ releases: [liveRelease()], barred }, 0)[1] ?? '', / b12-1a2b3c4 \(barred\) {2}/)
})

test('logs shows the newest release without waiting for more', async () => {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.get('/v1/status', (context) => context.json(systemStatus({ running: release() })))
    app.get('/v1/releases/12/events', () =>
      eventStream([log(10, 'build', 'npm ci'), { event: 'end', data: release() }]),
    )
  })
  const { exitCode, out } = await cli(projectDir, 'logs')
  assert.deepEqual(
    [exitCode, out],
    [0, '10:00:05 build     npm ci\n\nIt is under way: switchyard logs 12 --follow\n'],
  )
  assert.equal(seen[1]?.url, '/v1/releases/12/events?follow=0')
})

test('logs with --follow goes on until the release ends', async () => {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.get('/v1/releases/12/events', () =>
      eventStream([log(10, 'build', 'npm ci'), { event: 'end', data: liveRelease() }]),
    )
  })
  const { exitCode, out } = await cli(projectDir, 'logs', '12', '--follow', '--json')
  assert.deepEqual([exitCode, JSON.parse(out)], [0, log(10, 'build', 'npm ci').data])
  assert.equal(seen[0]?.url, '/v1/releases/12/events?from=0')
})

test('a log ends with each step that did something, and with the outcome', async () => {
  const { projectDir } = await scriptedDirector((app) => {
    app.get('/v1/releases/12/events', () =>
      eventStream([
        log(10, 'build', 'npm ci'),
        { event: 'end', data: liveRelease({ steps: [step('switch', 'Move the traffic', 'done')] }) },
      ]),
    )
  })
  const { out } = await cli(projectDir, 'logs', '12', '--follow')
  assert.match(
    out,
    /^10:00:05 build {5}npm ci\n\n✓ Move the traffic .*\nRelease 12 is live after 42\.0 s: visitors get 1\.5\.0 from the secondary slot\.\n$/,
  )
})

test('logs of a slot are its lines, harmless to the terminal, and Ctrl-C ends following them', async () => {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.get('/v1/slots/primary/logs', (context) => {
      const follows = context.req.query('follow') === '1'
      const line = 'event: line\ndata: \u001b[2JListening on 3000\n\n'
      const body = new ReadableStream({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode(follows ? line : `${line}event: end\ndata: \n\n`))
          if (!follows) controller.close()
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    })
  })
  const once = await cli(projectDir, 'logs', 'primary')
  assert.deepEqual([once.exitCode, once.out], [0, 'Listening on 3000\n'])
  const following = start(projectDir, ['logs', 'primary', '-f'])
  await following.untilShown('Listening on 3000')
  following.kill('SIGINT')
  assert.equal((await following.ended).exitCode, 130)
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/v1/slots/primary/logs?tail=200&follow=0', '/v1/slots/primary/logs?tail=200&follow=1'],
  )
})

test('a log that breaks off ends with 69, and shows what has come', async () => {
  const { projectDir } = await scriptedDirector((app) => {
    app.get('/v1/slots/primary/logs', () => streamOf('event: line\ndata: Listening on 3000\n\n'))
    app.get('/v1/slots/secondary/logs', () => {
      const error = {
        ...{ code: 'docker-unreachable', what: "Docker can't be reached: no answer.", detail: null },
        ...{ live: 'Visitors get 1.4.0.', next: 'Start the Docker daemon, then try again.' },
      }
      return streamOf(`event: refusal\ndata: ${JSON.stringify({ error })}\n\n`)
    })
    app.get('/v1/releases/12/events', (context) => brokenStream(context, [log(10, 'build', 'npm ci')]))
  })
  const cut = await cli(projectDir, 'logs', 'primary')
  assert.deepEqual([cut.exitCode, cut.out], [69, 'Listening on 3000\n'])
  assert.match(cut.err, /^The director's answer broke off: the connection to it was cut\.\n/)
  const refused = await cli(projectDir, 'logs', 'secondary')
  assert.deepEqual([refused.exitCode, refused.out], [69, ''])
  assert.match(refused.err, /^Docker can't be reached: no answer\.\nVisitors get 1\.4\.0\.\nStart the Docker/)
  const torn = await cli(projectDir, 'logs', '12')
  assert.deepEqual([torn.exitCode, torn.out], [69, '10:00:05 build     npm ci\n'])
})

const streamOf = (text: string): Response =>
  new Response(text, { headers: { 'content-type': 'text/event-stream' } })

test('reload says how long nginx took', async () => {
  const { projectDir } = await scriptedDirector((app) => {
    app.post('/v1/reload', (context) => context.json({ reloaded: true, tookMs: 68, workers: 2 }))
  })
  const { exitCode, out } = await cli(projectDir, 'reload')
  assert.deepEqual([exitCode, out], [0, 'nginx took its configuration in 68 ms; 2 new workers serve.\n'])
})

test('setup-link prints a link that is good once, or its path where the address is not known', async () => {
  const expiresAt = new Date(Date.now() + 30 * 60_000).toISOString()
  const link = { path: '/ops/setup#token=abc', expiresAt }
  const { projectDir } = await scriptedDirector((app) => {
    app.post('/v1/setup-link', (context) => context.json(link))
  })
  const { exitCode, out } = await cli(projectDir, 'setup-link')
  assert.equal(
    out,
    "Open this path at your site's address. It is good once, for 30 minutes:\n/ops/setup#token=abc\n",
  )
  assert.equal(exitCode, 0)
  const applied = 'HTTP_ADDRESS=10.0.0.7\nHTTP_PORT=8080\nNETWORK_PREFIX=172.30.42\n'
  writeFileSync(join(projectDir, 'state/deployment_state.env'), applied)
  const whole = await cli(projectDir, 'setup-link')
  assert.equal(
    whole.out,
    'Open this link. It is good once, for 30 minutes:\nhttp://10.0.0.7:8080/ops/setup#token=abc\n',
  )
  assert.deepEqual(JSON.parse((await cli(projectDir, 'setup-link', '--json')).out), link)
})
