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
import { createSession } from '../cli/session.ts'
import { directorClient } from '../director/client.ts'
import type { Release } from '../release/release.ts'
import { ensureFirstRelease } from './first-release.ts'

const NOTHING_LIVE = systemStatus({
  routing: { live: null, generation: null, nginxAnswers: true, problem: null },
})
const FIRST = release({ id: 1 })

/** The first release of a director that ends it as `end`, or leaves it open; `onLine` gets what is shown. */
async function firstRelease(
  end: Release | null,
  onLine: (line: string) => void,
  detach = new AbortController().signal,
): Promise<boolean> {
  const { projectDir } = await scriptedDirector((app) => {
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
    const session = createSession(client, { user: 'ada', screen, isJson: false, detach })
    return await ensureFirstRelease(session, NOTHING_LIVE, { kind: 'tree' })
  } finally {
    await client.close()
  }
}

test('who leaves the first release with Ctrl-C is told that it goes on, not that it failed', async () => {
  const lines: string[] = []
  const detach = new AbortController()
  const isThere = await firstRelease(
    null,
    (line) => {
      lines.push(line)
      if (line.startsWith('Release 1')) detach.abort()
    },
    detach.signal,
  )
  assert.equal(isThere, false)
  assert.deepEqual(lines.slice(-3), [
    'Release 1 goes on without you.',
    'Follow it: npx switchyard logs 1 --follow',
    'Abort it:  npx switchyard abort',
  ])
})

test('a first release that ends well leaves something live', async () => {
  assert.equal(await firstRelease(liveRelease({ id: 1 }), () => undefined), true)
})

test('a first release that fails is said to have failed', async () => {
  const failed = release({ id: 1, state: 'failed', endedAt: '2026-03-01T10:00:04.200Z' })
  const error = { code: 'build-failed' as const, what: 'The build failed.', live: '', next: '', detail: null }
  await assert.rejects(
    firstRelease({ ...failed, error }, () => undefined),
    {
      what: 'The system runs, but its first release did not succeed, so the site answers 503.',
    },
  )
})
