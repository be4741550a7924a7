import { parseArgs } from 'node:util'
import { allCells, type Cell, chosenCells, coverCount, sampled, shuffle } from './cells.ts'
import { FAULTS } from './faults.ts'
import { missingPoints, type Points } from './points.ts'
import { type Before, keepRecord, runToGoOnWith } from './record.ts'
import { resultLine, totalsLine } from './report.ts'
import { leftNumbers, rigOptions, sweepRig } from './rig.ts'
import { BROKEN_DOWN, type CellResult } from './run-cell.ts'
import { type Shard, startShard } from './start-shard.ts'
import { rollbackLines } from './starved-rollbacks.ts'
import { type Run, writeMatrix } from './write-matrix.ts'

const USAGE = `Usage: node test/faults/main.ts [options]

Strikes a running release with every fault at every point of it, on real Docker and nginx.

  --only ID,ID    these cells alone; \`*\` stands for anything (deploy/switch:*/kill)
  --sample        every fault and every point at least once, then more for as long as there is time
  --minutes N     begin no more cells after so many minutes (with --sample 7, or when all faults and points were there)
  --starved N     rollbacks on a starved machine before (20; 3 with --sample, none with --only)
  --shards N      machines at once (3)
  --seed N        what the order and the sample are drawn from (random)
  --rig NAME      the name of the machines, so that two runs don't meet (switchyard-faults)
  --list          print the cells and run none
  --resume        go on with the run before: cells that passed there stay, all others run
  --write         keep the matrix in docs/reliability.md

Ends with 1 where a cell was violated.`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    sample: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    starved: { type: 'string' },
    shards: { type: 'string', default: '3' },
    seed: { type: 'string' },
    rig: { type: 'string', default: 'switchyard-faults' },
    list: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(USAGE)
  process.exit(0)
}

const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed)
const minutes = Number(values.minutes ?? (values.sample ? 7 : Number.POSITIVE_INFINITY))
const startedMs = performance.now()
const minutesSoFar = (): number => (performance.now() - startedMs) / 60_000
const shards = new Set<Shard>()
let isInterrupted = false
/** Of the runs that this one goes on with. */
let former: Before = { results: [], minutes: 0, ranAgain: [] }

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!isInterrupted) console.log('\nInterrupted: the machines are removed.')
    isInterrupted = true
    for (const shard of shards) void shard.end()
  })
}

console.log(`Seed ${seed}`)
await sweep()
const results: CellResult[] = []
const failures: string[] = []
let points: Points | null = null
let cells: Cell[] = []
try {
  await run()
} catch (cause) {
  failures.push(cause instanceof Error ? cause.message : String(cause))
} finally {
  await Promise.all([...shards].map((shard) => shard.end()))
  await sweep()
}
report()

async function run(): Promise<void> {
  const first = begin(0)
  points = await first.ready
  const missing = missingPoints(points)
  if (missing.length > 0) throw new Error(missing.join('\n'))
  cells = wantedCells(points)
  console.log(
    `${points.deploy.length} points of a deploy, ${points.rollback.length} of a rollback, ${FAULTS.length} faults: ${cells.length} cells are to run`,
  )
  if (cells.length === 0) throw new Error('No cell has such an id.')
  if (values.list) {
    for (const { id } of cells) console.log(id)
    return
  }
  if (values.resume) goOn(points)
  const queue = cells.filter(({ id }) => results.every((result) => result.id !== id))
  const count = Math.min(Number(values.shards), cells.length)
  await Promise.all(
    Array.from({ length: count }, (_, number) =>
      number === 0 ? starve(first).then(() => work(0, first, queue)) : work(number, begin(number), queue),
    ),
  )
}

function goOn(known: Points): void {
  former = runToGoOnWith(known)
  results.push(...former.results)
  console.log(`${former.results.length} cells passed in the run before and stay`)
}

/** The verb that people need in overload goes through each time. */
async function starve(shard: Shard): Promise<void> {
  const count = Number(values.starved ?? (values.only !== undefined ? 0 : values.sample ? 3 : 20))
  if (count === 0) return
  const rollbacks = await shard.starve(count)
  const lines = rollbackLines(rollbacks)
  for (const line of lines) console.log(line)
  if (rollbacks.some(({ state }) => state !== 'live')) failures.push(lines.join('\n'))
}

function begin(number: number): Shard {
  const shard = startShard(rigOptions(values.rig, number), seed)
  shards.add(shard)
  return shard
}

function wantedCells(known: Points): Cell[] {
  const all = allCells(known, FAULTS)
  if (values.only !== undefined) return chosenCells(all, values.only.split(','))
  return values.sample ? sampled(all, seed) : shuffle(all, seed)
}

/** A machine that breaks down takes the cell that it was at with it, and the next one gets another machine. */
async function work(number: number, first: Shard, queue: Cell[]): Promise<void> {
  let shard = await comesUp(number, first)
  while (shard && !isInterrupted && hasTime(queue)) {
    const cell = queue.shift()
    if (!cell) return
    const result = await shard.run(cell).catch((cause: Error) => brokenDown(cell, cause))
    results.push(result)
    keep()
    console.log(resultLine(result, results.length, cells.length))
    if (result.ended !== BROKEN_DOWN || isInterrupted) continue
    shard = await comesUp(number, await replaced(number, shard))
  }
}

/** One that does not come up gets a second try. The others go on without it then, and the run does not pass. */
async function comesUp(number: number, first: Shard): Promise<Shard | null> {
  let shard = first
  for (let triesLeft = 1; ; triesLeft--) {
    try {
      await shard.ready
      return shard
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      console.error(`Machine ${number} did not come up. ${reason}`)
      if (triesLeft === 0 || isInterrupted) {
        failures.push(reason)
        return null
      }
    }
    shard = await replaced(number, shard)
  }
}

async function replaced(number: number, shard: Shard): Promise<Shard> {
  await shard.end()
  shards.delete(shard)
  return begin(number)
}

/** A slow machine takes longer for a sample, and leaves no fault and no point out. */
function hasTime(queue: readonly Cell[]): boolean {
  return minutesSoFar() < minutes || cells.length - queue.length < leastCells()
}

function leastCells(): number {
  return values.sample && points ? coverCount(allCells(points, FAULTS), seed) : 0
}

function brokenDown({ id }: Cell, cause: Error): CellResult {
  const counts = { probes: 0, excused: 0, withoutMs: 0, tookMs: 0 }
  return { id, ended: BROKEN_DOWN, ...counts, violations: [cause.message] }
}

function report(): void {
  const all = points ? allCells(points, FAULTS) : []
  for (const failure of failures) console.error(failure)
  for (const { id, violations } of results.filter(({ violations }) => violations.length > 0)) {
    console.error(`✗ ${id}\n${violations.map((sentence) => `    ${sentence}`).join('\n')}`)
  }
  if (values.list) process.exit(failures.length === 0 ? 0 : 1)
  console.log(totalsLine(results, { all: all.length, minutes: former.minutes + minutesSoFar(), seed }))
  const record = keep()
  if (values.write && record) writeMatrix(record)
  const isGood = failures.length === 0 && results.every(({ violations }) => violations.length === 0)
  process.exit(isGood && !isInterrupted && results.length > 0 ? 0 : 1)
}

/** A run that is killed can be gone on with. */
function keep(): Run | null {
  if (!points) return null
  const minutes = former.minutes + minutesSoFar()
  const { ranAgain } = former
  const record = { seed, minutes, shards: Number(values.shards), points, ranAgain, results }
  keepRecord(record)
  return record
}

/** What an earlier run left, and what this one leaves where it was cut short. */
async function sweep(): Promise<void> {
  for (const number of leftNumbers(values.rig)) await sweepRig(rigOptions(values.rig, number))
}
