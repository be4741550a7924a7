import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from '../../test/engine/until.ts'
import { trafficLine } from '../../test/fixtures/traffic-lines.ts'
import { followTrafficLog } from './traffic-log.ts'

const DEADLINE_MS = 10_000

function emptyDir(context: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'traffic-log-'))
  context.after(() => rmSync(dir, { recursive: true }))
  return dir
}

function followed(context: TestContext, path: string) {
  const log = followTrafficLog(path)
  context.after(() => log.close())
  const requests = () => log.since('primary', 0).requests
  return {
    log,
    comesTo: (count: number) =>
      until(`${count} requests are counted`, DEADLINE_MS, async () => (requests() === count ? true : null)),
    saysThat: (problem: string | null) =>
      until(`the problem is: ${problem}`, DEADLINE_MS, async () => (log.problem() === problem ? true : null)),
  }
}

test('a log is counted as it is written, from the lines of before on, through a move', async (context) => {
  const path = join(emptyDir(context), 'access.log')
  const old = trafficLine({ t: Date.now() / 1_000 - 400 })
  appendFileSync(path, old + trafficLine() + trafficLine())
  const { log, comesTo } = followed(context, path)
  await comesTo(2)
  appendFileSync(path, `${trafficLine()}nonsense\n${trafficLine({ served: 'secondary' })}\n`)
  await comesTo(3)
  renameSync(path, `${path}.1`)
  appendFileSync(path, trafficLine())
  await comesTo(4)
  assert.equal(log.since('secondary', 0).requests, 1)
  assert.equal(log.unreadableLines(), 2)
  assert.equal(log.problem(), null)
})

test('a log that can not be read is said, and counted again once it can', async (context) => {
  const path = join(emptyDir(context), 'access.log')
  const { log, comesTo, saysThat } = followed(context, path)
  await saysThat('nginx has written no access log yet.')
  mkdirSync(path)
  await saysThat(`The access log of nginx can't be read: ${path} is not a file.`)
  assert.equal(log.last('primary', 60).requests, 0)
  rmdirSync(path)
  appendFileSync(path, trafficLine())
  await comesTo(1)
  await saysThat(null)
})
