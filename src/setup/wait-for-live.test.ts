import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemStatus } from '../../test/fixtures/scripted-director.ts'
import type { SlotView, SystemStatus } from '../director/protocol.ts'
import { createProgress } from './progress.ts'
import { waitForLive } from './wait-for-live.ts'

const directory = mkdtempSync(join(tmpdir(), 'switchyard-wait-'))
const progress = createProgress(process.stderr, join(directory, 'set-up.log'))
after(() => {
  progress.close()
  rmSync(directory, { recursive: true })
})
const { signal: detach } = new AbortController()

function withLive(state: SlotView['health']['state'], problem: string | null): SystemStatus {
  const status = systemStatus()
  const { primary } = status.slots
  const health = { ...primary.health, state, problem }
  return { ...status, slots: { ...status.slots, primary: { ...primary, health } } }
}

/** Answers with each of `statuses` in turn, then with the last one for ever. */
function looks(...statuses: SystemStatus[]) {
  const asked = { times: 0 }
  const look = async () => {
    asked.times += 1
    return statuses[Math.min(asked.times, statuses.length) - 1] ?? systemStatus()
  }
  return { asked, look }
}

test('where visitors are served nothing is waited for', async () => {
  const { asked, look } = looks(systemStatus())
  await waitForLive(look, progress, { deadlineMs: 60_000, detach })
  assert.equal(asked.times, 1)
})

test('a slot that starts and an nginx that starts are waited for', async () => {
  const noNginx = systemStatus()
  noNginx.routing.problem = "nginx can't be reached: connect ECONNREFUSED."
  const { asked, look } = looks(
    withLive('starting', 'primary says that it is starting.'),
    noNginx,
    systemStatus(),
  )
  assert.deepEqual(await waitForLive(look, progress, { deadlineMs: 60_000, detach }), systemStatus())
  assert.equal(asked.times, 3)
})

test('a live slot that never gets healthy is said plainly', async () => {
  const { look } = looks(withLive('unreachable', 'primary does not answer its status route.'))
  await assert.rejects(waitForLive(look, progress, { deadlineMs: 600, detach }), {
    what: 'Everything was started, but visitors are not served after 0.6 s: primary does not answer its status route.',
    next: 'Look at `switchyard status` and `switchyard logs SLOT`. `switchyard rollback` brings back the build before, if the standby is ready.',
  })
})

test('Ctrl-C ends the wait with what is wrong until then', async () => {
  const stop = new AbortController()
  const { look } = looks(withLive('starting', 'primary says that it is starting.'))
  const waiting = waitForLive(look, progress, { deadlineMs: 60_000, detach: stop.signal })
  stop.abort()
  await assert.rejects(waiting, {
    what: 'Everything was started, but visitors are not served: primary says that it is starting.',
  })
})
