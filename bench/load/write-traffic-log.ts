// node bench/load/write-traffic-log.ts LOG LINES_PER_SECOND SECONDS: writes as nginx does, in bursts of once a second, and moves the log aside half-way.
import { appendFileSync, renameSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { busyLine } from '../../test/fixtures/traffic-lines.ts'

const count = z.coerce.number().int().positive()
const [path, linesPerSecond, seconds] = z.tuple([z.string(), count, count]).parse(process.argv.slice(2))

const startedMs = Date.now()
for (let second = 0; second < seconds; second++) {
  await delay(Math.max(0, startedMs + (second + 1) * 1_000 - Date.now()))
  if (second === Math.floor(seconds / 2)) renameSync(path, `${path}.1`)
  let lines = ''
  for (let n = 0; n < linesPerSecond; n++) {
    lines += busyLine(second * linesPerSecond + n, startedMs / 1_000 + second + n / linesPerSecond)
  }
  appendFileSync(path, lines)
}
