import { z } from 'zod'
import type { Cell } from './cells.ts'
import { FAULTS } from './faults.ts'
import { numbered, type Points } from './points.ts'
import { released } from './releases.ts'
import { type Rig, type RigOptions, startRig, sweepRig } from './rig.ts'
import { type CellResult, runCell } from './run-cell.ts'
import { isSoundAgain, settled } from './settled.ts'
import { type StarvedRollback, starvedRollbacks } from './starved-rollbacks.ts'

/** One machine's worth of the matrix, in a process of its own: it is told of one cell after the other by its parent. */
const [optionsText = '', seedText = ''] = process.argv.slice(2)
const options: RigOptions = z
  .object({ name: z.string(), subnet: z.string(), networkPrefix: z.string(), httpPort: z.number() })
  .parse(JSON.parse(optionsText))
const seed = Number(seedText)

/** What a shard says to its parent. */
export type ShardMessage =
  | { kind: 'ready'; points: Points }
  | { kind: 'result'; result: CellResult }
  | { kind: 'starved'; rollbacks: StarvedRollback[] }
  | { kind: 'failed'; reason: string }

const starveSchema = z.object({ starvedRollbacks: z.number() })

const cellSchema = z.object({
  id: z.string(),
  verb: z.enum(['deploy', 'rollback']),
  point: z.string(),
  fault: z.string(),
})

/** Machines come up several at once, beside the first one's starved rollbacks. */
const CLEAN_DEADLINE_MS = 120_000

let rig: Rig | null = null

async function run(): Promise<void> {
  process.on('message', (message) => {
    const asked = cellSchema.or(starveSchema).or(z.literal('end')).parse(message)
    const done =
      asked === 'end' ? end() : 'starvedRollbacks' in asked ? starve(asked.starvedRollbacks) : take(asked)
    void done.catch(giveUp)
  })
  rig = await startRig(options)
  say({ kind: 'ready', points: await cleanPoints(rig) })
}

/** The points of one clean release of each verb; the ones before it bring both slots to builds of their own. */
async function cleanPoints(on: Rig): Promise<Points> {
  await released(on, 'deploy', CLEAN_DEADLINE_MS)
  await released(on, 'deploy', CLEAN_DEADLINE_MS)
  on.breakpoints.trace()
  const passed = async (verb: 'deploy' | 'rollback') => {
    const release = await released(on, verb, CLEAN_DEADLINE_MS)
    if (release.state !== 'live')
      throw new Error(`A clean ${verb} is ${release.state}: ${release.error?.what}`)
    return numbered(on.breakpoints.trace())
  }
  return { deploy: await passed('deploy'), rollback: await passed('rollback') }
}

async function take(cell: Cell): Promise<void> {
  const fault = FAULTS.find(({ name }) => name === cell.fault)
  if (!rig || !fault) throw new Error(`There is no fault ${cell.fault}.`)
  const result = await runCell(rig, cell, fault, seed)
  if (result.violations.length > 0 && !(await isSoundAgain(rig))) {
    // What a violated cell leaves must not be told of the next one.
    await rig.end()
    rig = await startRig(options)
    await cleanPoints(rig)
  }
  say({ kind: 'result', result })
}

async function starve(count: number): Promise<void> {
  if (!rig) throw new Error('There is no machine to starve.')
  say({ kind: 'starved', rollbacks: await starvedRollbacks(rig, count) })
  await settled(rig, false)
}

/** At any moment, whatever is under way here: what is removed beneath it may fail as it likes. */
async function end(): Promise<void> {
  await sweepRig(options).catch((cause: unknown) => console.error(cause))
  process.exit(0)
}

function giveUp(cause: unknown): void {
  say({ kind: 'failed', reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) })
  void end()
}

function say(message: ShardMessage): void {
  process.send?.(message)
}

// Whoever started it is gone: then nobody asks for the machine any more.
process.once('disconnect', () => void end())
process.on('SIGINT', () => undefined)
process.on('unhandledRejection', giveUp)
await run().catch(giveUp)
