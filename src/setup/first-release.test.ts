import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  eventStream,
  liveRelease,
  release,
  scriptedDirector,
  systemStatus,
} from '../../test/fixtures/scripted-director.ts'
import type { Screen } from '../cli/screen.ts'
import { createSession, type Session } from '../cli/session.ts'
import { directorClient } from '../director/client.ts'
import type { SystemStatus } from '../director/protocol.ts'
import type { Release } from '../release/release.ts'
import { ensureFirstRelease, followFirstRelease } from './first-release.ts'

const NOTHING_LIVE = systemStatus({
  routing: { live: null, generation: null, nginxAnswers: true, problem: null },
  liveRelease: null,
})
const FIRST = release({ id: 1 })

/**
 * Runs `work` in a session with a director that says `status` and accepts the first release, which it ends as `end` or leaves
 * open; `onLine` gets what is shown.
 */
async function withDirector<T>(
  { status = NOTHING_LIVE, end }: { status?: SystemStatus; end: Release | null },
  work: (session: Session) => Promise<T>,
  onLine: (line: string) => void = () => undefined,
  detach = new AbortController().signal,
): Promise<T> {
  const { projectDir } = await scriptedDirector((app) => {
    app.get('/v1/status', (context) => context.json(status))
    app.post('/v1/deploy', (context) => context.json({ release: FIRST }, 202))
    app.get('/v1/releases/1/events', () =>
      end === null
        ? eventStream([{ event: 'release', data: FIRST }], 'wait')
        : eventStream([{ event: 'end', data: end }]),
    )
  })
  const screen: Screen = {
    ...{ isTerminal: false, columns: () => 80, rows: () => 24 },
    ...{ complain: onLine, raw: onLine, json: () => undefined },
    line: (text = '') => onLine(text),
    paint: (_colour, text) => text,
  }
  const client = directorClient(join(projectDir, 'state/run/host/director.sock'))
  try {
    return await work(createSession(client, { user: 'ada', screen, isJson: false, detach, ask: null }))
  } finally {
    await client.close()
  }
}

const GIVEN = { source: { kind: 'tree' }, version: '2.4.0' } as const
const ensured = (session: Session) => ensureFirstRelease(session, NOTHING_LIVE, GIVEN)
const followed = (session: Session) => followFirstRelease(session, GIVEN)

test('who leaves the first release with Ctrl-C is told that it goes on, not that it failed', async () => {
  const lines: string[] = []
  const detach = new AbortController()
  const isThere = await withDirector(
    { end: null },
    ensured,
    (line) => {
      lines.push(line)
      if (line.startsWith('Release 1')) detach.abort()
    },
    detach.signal,
  )
  assert.equal(isThere, false)
  assert.deepEqual(lines.slice(-3), [
    'Release 1 goes on without you.',
    'Follow it: switchyard logs 1 --follow',
    'Abort it:  switchyard abort',
  ])
})

test('a first release that ends well leaves something live', async () => {
  assert.equal(await withDirector({ end: liveRelease({ id: 1 }) }, ensured), true)
})

test('where a release went live and the routing is lost, no first release is begun', async () => {
  const status = { ...NOTHING_LIVE, liveRelease: 7 }
  const lines: string[] = []
  const isThere = await withDirector(
    { status, end: liveRelease({ id: 1 }) },
    (session) => ensureFirstRelease(session, status, GIVEN),
    (line) => lines.push(line),
  )
  assert.deepEqual([isThere, lines], [true, []])
})

test('a first release that fails is said to have failed', async () => {
  const failed = release({ id: 1, state: 'failed', endedAt: '2026-03-01T10:00:04.200Z' })
  const error = { code: 'build-failed' as const, what: 'The build failed.', live: '', next: '', detail: null }
  await assert.rejects(withDirector({ end: { ...failed, error } }, ensured), {
    what: 'The system runs, but its first release did not succeed, so the site answers 503.',
  })
})

test('a first release that is under way is followed, and no other one', async () => {
  const end = liveRelease({ id: 1 })
  const lines: string[] = []
  const underWay = { ...NOTHING_LIVE, running: FIRST }
  assert.equal(await withDirector({ status: underWay, end }, followed, (line) => lines.push(line)), 'ended')
  assert.match(lines.at(-1) ?? '', /^Release 1 is live after /)
  assert.equal(await withDirector({ status: NOTHING_LIVE, end }, followed), 'none')
  assert.equal(await withDirector({ status: systemStatus({ running: FIRST }), end }, followed), 'none')
})
