import { fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { followTrafficLog } from '../src/nginx/traffic-log.ts'
import { ANSWERED_BY, busyLine } from '../test/fixtures/traffic-lines.ts'

/**
 * What following nginx's access log costs the director at 1,000 requests a second: `node bench/traffic-log.ts`.
 * Another process writes as nginx does, in bursts of once a second, and moves the log aside half-way; this one reads and
 * counts it, and is asked for the numbers as often as a console asks. Ends with 1 at 2 % of a core or more.
 */
const LINES_PER_SECOND = 1_000
const SECONDS = 30
const LIMIT_PERCENT = 2
const KNOWN_WITHIN_MS = 5_000

const [, , written] = process.argv
process.exitCode = written === undefined ? await measure() : await write(written)

async function measure(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-traffic-'))
  const path = join(dir, 'access.log')
  writeFileSync(path, '')
  const log = followTrafficLog(path)
  try {
    const cpuBefore = process.cpuUsage()
    const startedMs = Date.now()
    const writer = fork(import.meta.filename, [path])
    const ended = once(writer, 'exit').then(([code]) => code)
    let code: unknown = null
    while (code === null) {
      for (const by of ANSWERED_BY) for (const seconds of [60, 10]) log.last(by, seconds)
      code = await Promise.race([ended, delay(1_000, null)])
    }
    if (code !== 0) throw new Error(`The writer ended with ${code}.`)
    const tookMs = Date.now() - startedMs
    const { user, system } = process.cpuUsage(cpuBefore)
    const percent = (user + system) / 10 / tookMs
    const counted = await allCounted(log, startedMs)
    const isGood = percent < LIMIT_PERCENT && counted === LINES_PER_SECOND * SECONDS
    console.log(
      `${counted} of ${LINES_PER_SECOND * SECONDS} lines counted; ${percent.toFixed(2)} % of a core at ${LINES_PER_SECOND} lines/s (limit ${LIMIT_PERCENT} %); ${(process.memoryUsage().rss / 1_048_576).toFixed(0)} MiB resident.`,
    )
    return isGood ? 0 : 1
  } finally {
    await log.close()
    rmSync(dir, { recursive: true })
  }
}

async function allCounted(log: ReturnType<typeof followTrafficLog>, sinceMs: number): Promise<number> {
  const deadline = Date.now() + KNOWN_WITHIN_MS
  const count = () => ANSWERED_BY.reduce((sum, by) => sum + log.since(by, sinceMs).requests, 0)
  while (count() < LINES_PER_SECOND * SECONDS && Date.now() < deadline) await delay(100)
  return count()
}

async function write(path: string): Promise<number> {
  const startedMs = Date.now()
  for (let second = 0; second < SECONDS; second++) {
    await delay(Math.max(0, startedMs + (second + 1) * 1_000 - Date.now()))
    if (second === SECONDS / 2) renameSync(path, `${path}.1`)
    let lines = ''
    for (let n = 0; n < LINES_PER_SECOND; n++) {
      lines += busyLine(second * LINES_PER_SECOND + n, startedMs / 1_000 + second + n / LINES_PER_SECOND)
    }
    appendFileSync(path, lines)
  }
  return 0
}
