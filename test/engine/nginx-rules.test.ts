import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, INTERNAL_URL, PORTS, type Rig, startRig } from './nginx-rig.ts'
import { type Expected, ROWS } from './nginx-rules.ts'

const BASES = { internal: INTERNAL_URL, published: `http://127.0.0.1:${PORTS.http}` }

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())

for (const { shows, says, routing = {}, ask, is } of ROWS) {
  test(`${says} (${shows[0]})`, async () => {
    await rig.route(routing)
    const { path, at, ...request } = ask
    const answer = await rig.ask(path, at ? { ...request, base: BASES[at] } : request)
    const told = `${answer.httpStatus} ${answer.body.slice(0, 500)}`
    if (is.status !== undefined) assert.equal(answer.httpStatus, is.status, told)
    if (is.by !== undefined) assert.equal(answer.headers['x-served-by'] ?? null, is.by, told)
    if (is.body) assert.match(answer.body, is.body)
    assertHeaders(answer.headers, is.headers ?? {})
    if (is.sees || is.url !== undefined) assertSeen(answer, is)
  })
}

function assertSeen(answer: Answer, { sees = {}, url }: Expected): void {
  const seen = JSON.parse(answer.body)
  assertHeaders(seen.headers, sees)
  if (url !== undefined) assert.equal(seen.url, url)
}

function assertHeaders(found: Answer['headers'], expected: NonNullable<Expected['headers']>): void {
  for (const [name, value] of Object.entries(expected)) {
    const text = found[name] === undefined ? null : String(found[name])
    if (value instanceof RegExp) assert.match(text ?? '', value, name)
    else assert.equal(text, value, name)
  }
}
