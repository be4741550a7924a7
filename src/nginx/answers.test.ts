import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { ADMIN_FILE, renderAdmin, writeAdmin } from './admin.ts'
import { BREAK_GLASS_FILE, forgetBreakGlass, readBreakGlass } from './break-glass.ts'
import { judged } from './confirm.ts'
import { freshRequest } from './fresh-request.ts'
import { renderMoved } from './moved.ts'
import { parseReload, RELOAD_FILE, raiseReloadNumber, renderReload } from './reload-number.ts'
import { complaints } from './words.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'switchyard-nginx-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const expected = { generation: 4, slot: 'secondary', release: 9, health: 'operational' } as const
const payload = {
  status: 'operational',
  timestamp: '2026-01-01T00:00:00.000Z',
  version: '1.0.0',
  slot: 'secondary',
  release: 9,
  deploymentId: 'b9-aaaaaaa',
  uptimeSeconds: 1,
  inFlight: 0,
  checks: {},
}

const ANSWERS: readonly [string, string | undefined, unknown, string | null][] = [
  ['the expected slot and release', 'secondary', payload, null],
  ['no slot', undefined, '', 'nginx itself answers 200 in place of secondary'],
  ['the other slot', 'primary', payload, 'the primary slot answers, not secondary'],
  [
    'another release',
    'secondary',
    { ...payload, release: 8 },
    'release 8 answers in the secondary slot, not 9',
  ],
  [
    'a slot that takes itself for the other',
    'secondary',
    { ...payload, slot: 'primary' },
    'the secondary slot says that it is primary',
  ],
  ['a page', 'secondary', '<html>', 'the secondary slot answers 200 without a status payload'],
]

for (const [what, servedBy, body, sentence] of ANSWERS) {
  test(`an answer from ${what} counts as it should`, () => {
    const headers = servedBy === undefined ? {} : { 'x-served-by': servedBy }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    assert.equal(judged({ httpStatus: 200, headers, body: text }, expected).reason, sentence)
  })
}

test('a slot that is not operational is no place to move to, and may be one to go back to', () => {
  const body = JSON.stringify({ ...payload, status: 'degraded' })
  const answer = { httpStatus: 503, headers: { 'x-served-by': 'secondary' }, body }
  assert.deepEqual(judged(answer, expected), {
    kind: 'ill',
    reason: 'the secondary slot answers 503 and says that it is degraded',
  })
  assert.equal(judged(answer, { ...expected, health: 'any' }).kind, 'good')
})

test('nginx’s words are told without its time and process', () => {
  const output = `2026/11/24 01:40:13 [warn] 1#1: 16384 worker_connections exceed open file resource limit: 1024
2026/11/24 01:40:13 [emerg] 1#1: unknown directive "prxy_pass" in /etc/switchyard/nginx/proxy.conf:9
nginx: [emerg] host not found in upstream "slot-primary:3000"
nginx: configuration file /etc/switchyard/nginx/proxy.conf test failed`
  assert.deepEqual(complaints(output), [
    'unknown directive "prxy_pass" in /etc/switchyard/nginx/proxy.conf:9',
    'host not found in upstream "slot-primary:3000"',
  ])
})

test('each reload has a number of its own, and a refused one leaves the file as it was', async () => {
  const path = join(directory, RELOAD_FILE)
  const first = await raiseReloadNumber(directory)
  assert.equal(await readFile(path, 'utf8'), 'set $reload_number 1;\n')
  const second = await raiseReloadNumber(directory)
  assert.deepEqual([first.number, second.number], [1, 2])
  await second.putBack()
  assert.equal(parseReload(await readFile(path, 'utf8')), 1)
  await first.putBack()
  await assert.rejects(readFile(path), { code: 'ENOENT' })
  assert.equal(parseReload('set $reload_number 7; } server {'), 0)
  assert.throws(() => renderReload(Number.NaN), new RangeError('no reload has the number NaN'))
})

test('only addresses get into the list of who may ask', async () => {
  const admin = { address: '172.30.42.2', port: 8082, allowed: ['172.30.42.3'] }
  await writeFile(join(directory, 'network.conf'), 'allow 172.30.42.3;\n')
  await writeAdmin(directory, admin)
  const written = await readFile(join(directory, ADMIN_FILE), 'utf8')
  assert.equal(written, 'listen 172.30.42.2:8082;\nallow 172.30.42.3;\n')
  await assert.rejects(readFile(join(directory, 'network.conf')), { code: 'ENOENT' })
  for (const wrong of [
    'all; } server {',
    '172.30.42.3; allow all',
    '',
    '::1',
    '172.30.42',
    '172.30.42.3/24',
  ]) {
    assert.throws(() => renderAdmin({ ...admin, allowed: [wrong] }), wrong)
    assert.throws(() => renderAdmin({ ...admin, address: wrong }), wrong)
    assert.throws(() => renderMoved({ primary: wrong, secondary: '172.30.44.12' }), wrong)
  }
  assert.throws(() => renderAdmin({ ...admin, port: 0 }))
})

test('a record of rollback.sh is read once, and another shape is named by its path', async () => {
  const record = {
    generation: 5,
    from: 'secondary',
    to: 'primary',
    release: 4,
    at: '2026-01-01T00:00:00Z',
    by: 'root',
  }
  const path = join(directory, BREAK_GLASS_FILE)
  assert.equal(await readBreakGlass(directory), null)
  await writeFile(path, JSON.stringify(record))
  assert.deepEqual(await readBreakGlass(directory), record)
  await forgetBreakGlass(directory)
  assert.equal(await readBreakGlass(directory), null)
  await writeFile(path, '{"to":"tertiary"}')
  await assert.rejects(readBreakGlass(directory), new Error(`${path} is not a record of rollback.sh`))
})

test('an answer that is too large, or too late, is no answer', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/large') response.end('x'.repeat(70_000))
    else response.write('drip')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const base = `http://127.0.0.1:${address.port}`
  const signal = new AbortController().signal
  await assert.rejects(
    freshRequest(new URL('/large', base), 1_000, signal),
    new Error(`${base}/large answers with more than 64 KiB`),
  )
  await assert.rejects(freshRequest(new URL('/drip', base), 100, signal), {
    message: `127.0.0.1:${address.port} did not answer within 100 ms`,
  })
  server.closeAllConnections()
  server.close()
})
