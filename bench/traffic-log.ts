import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { followTrafficLog } from '../src/nginx/traffic-log.ts'
import { ANSWERED_BY } from '../test/fixtures/traffic-lines.ts'
import type { Group, Table } from './group.ts'

const LINES_PER_SECOND = 1_000
const LIMIT_PERCENT = 2
const KNOWN_WITHIN_MS = 5_000
const WRITER = join(import.meta.dirname, 'load', 'write-traffic-log.ts')

const length = (isFull: boolean) => (isFull ? { seconds: 120 } : { seconds: 30 })

/** What following nginx's access log costs: read, counted, and asked for the numbers as often as a console asks. */
export const trafficLog: Group = {
  number: 7,
  title: 'Cost of counting the traffic',
  needsRealSystem: false,
  run: async ({ isFull, log, signal }) => {
    const { seconds } = length(isFull)
    log(`${LINES_PER_SECOND} lines a second are written for ${seconds} s.`)
    const dir = await mkdtemp(join(tmpdir(), 'sybench-traffic-'))
    try {
      return [table(await measure(join(dir, 'access.log'), seconds, signal), seconds)]
    } finally {
      await rm(dir, { recursive: true })
    }
  },
}

type Seen = { corePercent: number; counted: number }

async function measure(path: string, seconds: number, signal: AbortSignal): Promise<Seen> {
  await writeFile(path, '')
  const log = followTrafficLog(path)
  try {
    const cpuBefore = process.cpuUsage()
    const startedMs = Date.now()
    await askUntilWritten(log, path, seconds, signal)
    const tookMs = Date.now() - startedMs
    const { user, system } = process.cpuUsage(cpuBefore)
    const counted = await allCounted(log, startedMs, LINES_PER_SECOND * seconds)
    return { corePercent: (user + system) / 10 / tookMs, counted }
  } finally {
    await log.close()
  }
}

type Log = ReturnType<typeof followTrafficLog>

async function askUntilWritten(log: Log, path: string, seconds: number, signal: AbortSignal): Promise<void> {
  const writer = fork(WRITER, [path, String(LINES_PER_SECOND), String(seconds)])
  try {
    const ended = once(writer, 'exit').then(([code]) => code)
    let code: unknown = null
    while (code === null) {
      signal.throwIfAborted()
      for (const by of ANSWERED_BY) for (const lastSeconds of [60, 10]) log.last(by, lastSeconds)
      code = await Promise.race([ended, delay(1_000, null)])
    }
    if (code !== 0) throw new Error(`What writes the log ended with ${code}.`)
  } finally {
    writer.kill()
  }
}

async function allCounted(log: Log, sinceMs: number, expected: number): Promise<number> {
  const deadline = Date.now() + KNOWN_WITHIN_MS
  const count = () => ANSWERED_BY.reduce((sum, by) => sum + log.since(by, sinceMs).requests, 0)
  while (count() < expected && Date.now() < deadline) await delay(100)
  return count()
}

function table({ corePercent, counted }: Seen, seconds: number): Table {
  const expected = LINES_PER_SECOND * seconds
  const cpu = `${corePercent.toFixed(2)} %`
  return {
    title: 'The director’s reader of the log, in a process that does little else',
    columns: ['lines a second', 'of one core', 'lines counted'],
    rows: [[String(LINES_PER_SECOND), cpu, `${counted} of ${expected}`]],
    targets: [
      {
        name: 'CPU of counting the traffic',
        limit: `< ${LIMIT_PERCENT} % of a core at ${LINES_PER_SECOND.toLocaleString('en')} lines/s`,
        seen: cpu,
        isMet: corePercent < LIMIT_PERCENT,
        why: null,
      },
      {
        name: 'lines counted',
        limit: `${expected} of ${expected}`,
        seen: `${counted} of ${expected}`,
        isMet: counted === expected,
        why: null,
      },
    ],
    notes: [
      `Written for ${seconds} s by another process, as nginx does: in bursts of once a second, the log moved aside half-way. Once a second the numbers are asked for, as a console asks.`,
    ],
  }
}
