import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cli, onTerminal, start } from '../../test/fixtures/command-line.ts'
import {
  brokenStream,
  eventStream,
  liveRelease,
  log,
  release,
  scriptedDirector,
  step,
  systemStatus,
} from '../../test/fixtures/scripted-director.ts'
import type { Release } from '../release/release.ts'

const LIVE = 'Visitors get 1.4.0 from the primary slot, as before.'

const RUNNING = release({
  steps: [
    step('build', 'Build the image', 'running'),
    step('switch', 'Move the traffic to secondary', 'waiting'),
  ],
})

const FAILED = release({
  state: 'failed',
  endedAt: '2026-03-01T10:00:04.200Z',
  steps: [
    step('build', 'Build the image', 'failed'),
    step('switch', 'Move the traffic to secondary', 'waiting'),
  ],
  error: {
    code: 'build-failed',
    what: 'The build failed: npm ci ended with 1.',
    live: LIVE,
    next: 'Correct the source as its last lines say, then deploy again.',
    detail: 'npm error ERESOLVE\nnpm error \u001b]0;gotcha\u0007could not resolve',
  },
})

/** A director that accepts a deploy, tells a few lines of it, and ends it as `end`. */
function directorEndingWith(end: Release) {
  return scriptedDirector((app) => {
    app.get('/v1/status', (context) => context.json(systemStatus()))
    app.post('/v1/deploy', (context) => context.json({ release: release() }, 202))
    app.post('/v1/rollback', (context) => context.json({ release: release() }, 202))
    app.get('/v1/releases/12/events', () =>
      eventStream([
        { event: 'release', data: RUNNING },
        log(10, 'build', 'npm ci'),
        log(20, 'build', '\u001b[2Jadded 120 packages'),
        { event: 'release', data: end },
        { event: 'end', data: end },
      ]),
    )
  })
}

test('a deploy shows its steps and their output line by line, and says what visitors get', async () => {
  const { projectDir, seen } = await directorEndingWith(liveRelease())
  const { exitCode, out, err } = await cli(
    projectDir,
    'deploy',
    '--ref',
    'v1.5',
    '--label',
    '1.5.0',
    '--note',
    'New cart',
  )
  assert.equal(
    out,
    `Release 12: deploy of the working tree to secondary
… Build the image
    npm ci
    added 120 packages
✓ Build the image  4.2 s: switchyard/app:b12
✓ Move the traffic to secondary  4.2 s

Release 12 is live after 42.0 s: visitors get 1.5.0 from the secondary slot.
`,
  )
  assert.deepEqual([exitCode, err], [0, ''])
  assert.deepEqual([seen[0]?.method, seen[0]?.url, seen[0]?.user], ['POST', '/v1/deploy', 'ada'])
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), {
    source: { kind: 'ref', ref: 'v1.5' },
    label: '1.5.0',
    note: 'New cart',
  })
})

test('a deploy that fails says so in three sentences and shows the cause, with nothing that drives the terminal', async () => {
  const { projectDir } = await directorEndingWith(FAILED)
  const { exitCode, out, err } = await cli(projectDir, 'deploy')
  assert.match(out, /\n✗ Build the image {2}4\.2 s\n\n$/)
  assert.equal(
    err,
    `The build failed: npm ci ended with 1.
${LIVE}
Correct the source as its last lines say, then deploy again.

  npm error ERESOLVE
  npm error could not resolve
`,
  )
  assert.equal(exitCode, 1)
})

test('a step that has ended before its lines are there shows them as its own', async () => {
  const steps = [
    step('preflight', 'Check the host', 'done'),
    step('health', 'Check that secondary is healthy', 'done'),
    step('switch', 'Move the traffic to secondary', 'running'),
  ]
  const moved = step('switch', 'Move the traffic to secondary', 'done')
  const end = liveRelease({ steps: [...steps.slice(0, 2), moved] })
  const { projectDir } = await scriptedDirector((app) => {
    app.post('/v1/rollback', (context) => context.json({ release: release() }, 202))
    app.get('/v1/releases/12/events', () =>
      eventStream([
        { event: 'release', data: release({ steps }) },
        log(10, 'preflight', 'ok: Docker answers.'),
        log(20, 'preflight', 'ok: nginx answers.'),
        log(30, 'switch', 'generation 7'),
        { event: 'release', data: end },
        log(40, 'health', 'too late'),
        { event: 'end', data: end },
      ]),
    )
  })
  const { out } = await cli(projectDir, 'rollback')
  assert.equal(
    out.split('\n\n')[0],
    `Release 12: deploy of the working tree to secondary
… Check the host
    ok: Docker answers.
    ok: nginx answers.
✓ Check the host  4.2 s
✓ Check that secondary is healthy  4.2 s
… Move the traffic to secondary
    generation 7
✓ Move the traffic to secondary  4.2 s
    health: too late`,
  )
})

test('a step that ends without a line is shown before the next thing happens', async () => {
  const { projectDir } = await scriptedDirector((app) => {
    app.post('/v1/deploy', (context) => context.json({ release: release() }, 202))
    app.get('/v1/releases/12/events', () => {
      const steps = [step('build', 'Build the image', 'done'), step('start', 'Start secondary', 'running')]
      return eventStream([{ event: 'release', data: release({ steps }) }], 'wait')
    })
  })
  const running = start(projectDir, ['deploy'])
  await running.untilShown('✓ Build the image')
  await running.untilShown('… Start secondary')
  running.kill('SIGINT')
  assert.equal((await running.ended).exitCode, 130)
})

test('a rollback names what visitors get again', async () => {
  const end = liveRelease({
    verb: 'rollback',
    source: { kind: 'standby' },
    recovery: 'The director was restarted and finished it.',
  })
  const { projectDir, seen } = await directorEndingWith(end)
  const { exitCode, out } = await cli(projectDir, 'rollback', '--note', 'Cart is empty')
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { note: 'Cart is empty' })
  assert.match(
    out,
    /\n\nThe director was restarted and finished it\.\nRelease 12 is live after 42\.0 s: visitors get 1\.5\.0 again, from the secondary slot\.\nDeploys by machines are frozen from now on, until somebody lifts that: switchyard unfreeze\n$/,
  )
  assert.equal(exitCode, 0)
})

for (const [args, source] of [
  [[], { kind: 'tree' }],
  [['--image', 'shop:9'], { kind: 'image', image: 'shop:9', hasConsole: true }],
  [['--image', 'shop:9', '--no-console'], { kind: 'image', image: 'shop:9', hasConsole: false }],
] as const) {
  test(`deploy ${args.join(' ')} asks for ${JSON.stringify(source)} and answers in JSON`, async () => {
    const { projectDir, seen } = await directorEndingWith(liveRelease())
    const { exitCode, out, err } = await cli(projectDir, 'deploy', ...args, '--json')
    assert.deepEqual(JSON.parse(seen[0]?.body ?? '').source, source)
    assert.deepEqual(JSON.parse(out), { release: liveRelease() })
    assert.deepEqual([exitCode, err], [0, ''])
  })
}

test('on a terminal the steps are drawn in place, and no line is wider than it', async () => {
  const { projectDir } = await directorEndingWith(liveRelease())
  const { exitCode, out } = await onTerminal(projectDir, 40, 'deploy')
  assert.equal(exitCode, 0)
  const shown = out.split('\u001b[0J')
  assert.ok(shown.length >= 2, out)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal are what is looked at
  const last = (shown.at(-1) ?? '').replace(/\u001b\[\d+m/g, '').split('\r\n')
  assert.deepEqual(last.slice(0, 5), [
    'Release 12: deploy of the working tree ',
    '✓ Build the image  4.2 s: switchyard/ap',
    '✓ Move the traffic to secondary  4.2 s',
    '',
    'Release 12 is live after 42.0 s: visitors get 1.5.0 from the secondary slot.',
  ])
})

test('Ctrl-C lets go of the release and says how to follow or abort it', async () => {
  const { projectDir } = await scriptedDirector((app) => {
    app.post('/v1/deploy', (context) => context.json({ release: release() }, 202))
    app.get('/v1/releases/12/events', () => eventStream([{ event: 'release', data: RUNNING }], 'wait'))
  })
  const running = start(projectDir, ['deploy'])
  await running.untilShown('… Build the image')
  running.kill('SIGINT')
  const { exitCode, out } = await running.ended
  assert.equal(
    out,
    `Release 12: deploy of the working tree to secondary
… Build the image

Release 12 goes on without you.
Follow it: switchyard logs 12 --follow
Abort it:  switchyard abort
`,
  )
  assert.equal(exitCode, 130)
})

test('a director that dies and comes back is followed on from where it broke off', async () => {
  let connections = 0
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/deploy', (context) => context.json({ release: release() }, 202))
    app.get('/v1/releases/12/events', (context) => {
      connections += 1
      if (connections === 1)
        return brokenStream(context, [{ event: 'release', data: RUNNING }, log(10, 'build', 'npm ci')])
      return eventStream([log(20, 'build', 'added 120 packages'), { event: 'end', data: liveRelease() }])
    })
  })
  const { exitCode, out } = await cli(projectDir, 'deploy')
  assert.equal(out.split('npm ci').length, 2)
  assert.match(out, /added 120 packages[\s\S]*Release 12 is live/)
  assert.equal(exitCode, 0)
  assert.deepEqual(
    seen.slice(1).map(({ url }) => url),
    ['/v1/releases/12/events?from=0', '/v1/releases/12/events?from=10'],
  )
})

test('an abort waits until the release has ended', async () => {
  const error = {
    code: 'aborted' as const,
    what: 'The release was aborted by ada.',
    live: LIVE,
    next: 'Deploy again when you are ready.',
    detail: null,
  }
  const aborted = release({ state: 'aborted', endedAt: '2026-03-01T10:00:09.000Z', error })
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/abort', (context) => context.json({ release: RUNNING }))
    app.get('/v1/releases/12/events', () =>
      eventStream([
        { event: 'release', data: RUNNING },
        { event: 'end', data: aborted },
      ]),
    )
  })
  const { exitCode, err } = await cli(projectDir, 'abort')
  assert.equal(err, `The release was aborted by ada.\n${LIVE}\nDeploy again when you are ready.\n`)
  assert.equal(exitCode, 0)
  assert.equal(seen[0]?.url, '/v1/abort')
})

test('a dry run shows the plan and asks for nothing else', async () => {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/plan', (context) =>
      context.json({
        verb: 'deploy',
        slot: 'secondary',
        from: 'primary',
        fromVersion: '1.4.0',
        toVersion: null,
        steps: [
          { name: 'preflight', label: 'Check the host, the configuration and the source' },
          { name: 'build', label: 'Build the image' },
        ],
        findings: [
          { name: 'docker', outcome: 'ok', sentence: 'Docker 20.10.24 answers.' },
          {
            name: 'disk',
            outcome: 'refused',
            sentence: 'The disk is too full for a release: 40 MB are left.',
          },
        ],
        mayStart: false,
      }),
    )
  })
  const { exitCode, out } = await cli(projectDir, 'deploy', '--ref', 'v9', '--dry-run')
  assert.equal(
    out,
    `A deploy would move the traffic to secondary (now 1.4.0 in primary):
  1. Check the host, the configuration and the source
  2. Build the image

✓ Docker 20.10.24 answers.
✗ The disk is too full for a release: 40 MB are left.

It could not start now. Nothing was changed.
`,
  )
  assert.equal(exitCode, 1)
  assert.deepEqual(
    seen.map(({ url, body }) => [url, JSON.parse(body)]),
    [
      [
        '/v1/plan',
        { verb: 'deploy', request: { source: { kind: 'ref', ref: 'v9' }, label: null, note: null } },
      ],
    ],
  )
})

const REFUSALS = [
  [75, [{ code: 'memory-short' }, { code: 'busy' }]],
  [69, [{ code: 'docker-unreachable' }]],
  [1, [{ code: 'disk-full' }, {}]],
  [1, [{}]],
] as const

for (const [expected, codes] of REFUSALS) {
  test(`a dry run that is refused for ${JSON.stringify(codes)} ends with ${expected}, as the verb would`, async () => {
    const { projectDir } = await scriptedDirector((app) => {
      app.post('/v1/plan', (context) =>
        context.json({
          ...{ verb: 'rollback', slot: 'secondary', from: 'primary', fromVersion: '1.4.0', toVersion: null },
          ...{ steps: [], mayStart: false },
          findings: codes.map((code) => ({ ...code, name: 'any', outcome: 'refused', sentence: 'No.' })),
        }),
      )
    })
    assert.equal((await cli(projectDir, 'rollback', '--dry-run')).exitCode, expected)
  })
}

test('a deploy has the version of APP_VERSION of the environment, else of switchyard.env, where no label names one', async () => {
  const { projectDir, seen } = await scriptedDirector((app) => {
    app.post('/v1/deploy', (context) => context.json({ release: release() }, 202))
    app.get('/v1/releases/12/events', () => eventStream([{ event: 'end', data: liveRelease() }]))
  })
  const deploy = (version: string, ...args: string[]) =>
    start(projectDir, ['deploy', ...args], undefined, { env: { APP_VERSION: version } }).ended
  await deploy('2.4.0')
  await deploy('2.4.0', '--label', '9.9.9')
  await deploy('')
  const labels = seen.filter(({ url }) => url === '/v1/deploy').map(({ body }) => JSON.parse(body).label)
  assert.deepEqual(labels, ['2.4.0', '9.9.9', null])
  writeFileSync(join(projectDir, 'switchyard.env'), 'APP_VERSION=3.0.0\n')
  await deploy('')
  await deploy('2.4.0')
  await deploy('', '--build', 'b1')
  const later = seen.filter(({ url }) => url === '/v1/deploy').map(({ body }) => JSON.parse(body).label)
  assert.deepEqual(later.slice(3), ['3.0.0', '2.4.0', null])
  const { exitCode, err } = await deploy('2.4 beta')
  assert.equal(exitCode, 64)
  assert.match(err, /APP_VERSION: A version label is up to 64 letters, digits, dots, dashes and underscores/)
})
