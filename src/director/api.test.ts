import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bareParts } from '../../test/fixtures/bare-parts.ts'
import { ReleaseError } from '../release/errors.ts'
import { openJournal } from '../state/journal.ts'
import { releaseLogs } from '../state/release-log.ts'
import { type ApiParts, directorApi } from './api.ts'
import { releaseChanges } from './changes.ts'
import { hostGate } from './gate.ts'
import { refusalSchema } from './protocol.ts'
import { releases } from './releases.ts'

/** The API as the host's socket serves it, with `slotLines` for the log of a slot. */
function apiWith(slotLines: ApiParts['slotLines']) {
  const dir = mkdtempSync(join(tmpdir(), 'api-'))
  const journal = openJournal(join(dir, 'journal.db'))
  after(() => {
    journal.close()
    rmSync(dir, { recursive: true })
  })
  const parts = bareParts({ journal })
  const logs = releaseLogs(join(dir, 'logs'))
  const changes = releaseChanges()
  const verbs = releases({
    parts,
    logs,
    changes,
    lockPath: join(dir, 'deploy.lock'),
    settle: async () => undefined,
  })
  const status = () => Promise.reject(new Error('No test of these asks for the status.'))
  return directorApi(
    {
      parts,
      releases: verbs,
      logs,
      changes,
      status,
      slotLines,
      audit: () => undefined,
      endAllSessions: () => 0,
    },
    hostGate(),
  )
}

async function* failingAfter(line: string): AsyncGenerator<string> {
  yield line
  throw new ReleaseError('docker-unreachable', { reason: 'the connection to its socket was cut' })
}

test('the log of a slot that breaks off ends with the refusal, and a whole one with its end', async () => {
  const refusal = {
    code: 'docker-unreachable',
    what: "Docker can't be reached: the connection to its socket was cut.",
    live: 'Nothing is live yet.',
    next: 'Start the Docker daemon, then try again.',
    detail: null,
  }
  const broken = await apiWith(async () => failingAfter('Listening')).request('/v1/slots/primary/logs')
  assert.equal(
    await broken.text(),
    `event: line\ndata: Listening\n\nevent: refusal\ndata: ${JSON.stringify({ error: refusal })}\n\n`,
  )
  async function* whole(): AsyncGenerator<string> {
    yield 'Listening'
  }
  const sound = await apiWith(async () => whole()).request('/v1/slots/primary/logs')
  assert.equal(await sound.text(), 'event: line\ndata: Listening\n\nevent: end\ndata: \n\n')
})

test('where Docker is away from the start, the log of a slot is refused with 503', async () => {
  const away = () => Promise.reject(new ReleaseError('docker-unreachable', { reason: 'no answer' }))
  const response = await apiWith(away).request('/v1/slots/primary/logs')
  assert.equal(response.status, 503)
})

test('a broken address is no release, and nothing hidden in it is said again', async () => {
  const api = apiWith(() => Promise.reject(new Error('No log is asked for.')))
  for (const [path, what] of [
    ['releases/%', 'There is no release %.'],
    ['releases/%ff', 'There is no release %ff.'],
    ['releases/1%2Fevents', 'There is no release 1/events.'],
    ['releases/%00', 'There is no release of such a name.'],
    ['releases/%E2%80%AE1', 'There is no release of such a name.'],
    ['releases/%F3%A0%80%81/events', 'There is no release of such a name.'],
    [`releases/${'9'.repeat(300)}`, `There is no release ${'9'.repeat(20)}.`],
    ['/releases', 'There is no such address.'],
    ['status%3Fx', 'There is no such address.'],
    ['status;x=1', 'There is no such address.'],
    ['%2f..', 'There is no such address.'],
    ['%c3%28', 'There is no such address.'],
  ] as const) {
    const answer = await api.request(`/v1/${path}`)
    assert.equal(answer.status, 404, path)
    assert.equal(refusalSchema.parse(await answer.json()).error.what, what)
  }
})

test('text with control characters or marks of direction is refused by every verb that takes text', async () => {
  const api = apiWith(() => Promise.reject(new Error('No log is asked for.')))
  const bad = 'fixed \u202etxt'
  const build = 'b1-aaaaaaa'
  for (const [path, body, field] of [
    ['deploy', { source: { kind: 'tree' }, note: bad }, 'note'],
    ['deploy', { source: { kind: 'image', image: `a${bad}` } }, 'source.image'],
    ['deploy', { source: { kind: 'ref', ref: 'main\u0000' } }, 'source.ref'],
    ['rollback', { note: bad }, 'note'],
    ['bar', { build, reason: bad }, 'reason'],
    ['unbar', { build: `${build}\u200f` }, 'build'],
    ['keep', { build, reason: bad }, 'reason'],
    ['freeze', { reason: bad }, 'reason'],
  ] as const) {
    const answer = await api.request(`/v1/${path}`, { method: 'POST', body: JSON.stringify(body) })
    assert.equal(answer.status, 400, path)
    const { error } = refusalSchema.parse(await answer.json())
    assert.match(
      error.what,
      new RegExp(
        `^The request is not right: ${field}: Leave out control characters and marks of direction: it holds U\\+(?:202E|200F|0000)\\.$`,
      ),
    )
  }
})
