import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../src/release/errors.ts'
import type { Release } from '../src/release/release.ts'
import { type EngineSystem, engineSystem } from '../test/engine/engine-system.ts'
import { systemAt } from '../test/system/system.ts'
import type { BenchContext, Table, Target } from './group.ts'
import { largest, median } from './statistics.ts'

const OPTIONS = { name: 'sybench-system', httpPort: 18720, networkPrefix: '172.30.74' }
const LIMIT_MS = 100
const LIMIT = `≤ ${LIMIT_MS} ms`
const TARGET = 'rollback, from the verb to confirmed, median'
const POLL_MS = 5
const ENDED_WITHIN_MS = 30_000

/** One rollback, in milliseconds after the verb was sent. */
type Rollback = { acceptedMs: number; movedMs: number; confirmedMs: number; liveMs: number }

/** Without a system to measure, what was measured beside it still stands. */
export async function rollbackTable(context: BenchContext): Promise<Table> {
  try {
    return await measure(context)
  } catch (cause) {
    context.signal.throwIfAborted()
    const why = `It failed to run: ${reasonOf(cause)}`
    context.log(why)
    return table([], [{ name: TARGET, limit: LIMIT, seen: 'nothing', isMet: false, why }])
  }
}

/** A whole system of its own with tiny slots, brought up by set-up itself: director, journal, lock, health checks. */
async function measure({ isFull, log, signal }: BenchContext): Promise<Table> {
  log('bringing up a whole system with tiny slots')
  try {
    const system = await engineSystem(OPTIONS)
    const image = await system.image('2.0.0')
    const { id } = await system.deploy({ kind: 'image', image, hasConsole: true })
    const deployed = await system.ended(id)
    if (deployed.state !== 'live')
      throw new Error(`The deploy ended as ${deployed.state}: ${deployed.error?.what}`)
    const rollbacks: Rollback[] = []
    for (let number = 0; number < (isFull ? 50 : 20); number++) {
      signal.throwIfAborted()
      rollbacks.push(await rollBackOnce(system, signal))
    }
    await system.director.close()
    return table(rollbacks, [targetOf(rollbacks)])
  } finally {
    // Also where set-up itself did not come to its end.
    await systemAt(OPTIONS).sweep()
  }
}

async function rollBackOnce(system: EngineSystem, signal: AbortSignal): Promise<Rollback> {
  const startedMs = Date.now()
  const { id } = await system.rollback()
  const acceptedMs = Date.now() - startedMs
  const release = await untilEnded(system, id, signal)
  const liveMs = Date.now() - startedMs
  // Not part of it: the director is free for the next one a moment later.
  await system.ended(id)
  return {
    acceptedMs,
    liveMs,
    movedMs: endOf(release, 'switch') - startedMs,
    confirmedMs: endOf(release, 'confirm') - startedMs,
  }
}

async function untilEnded(system: EngineSystem, id: number, signal: AbortSignal): Promise<Release> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(ENDED_WITHIN_MS)])
  while (!deadline.aborted) {
    const release = await system.release(id)
    if (release.state === 'live') return release
    if (release.endedAt !== null)
      throw new Error(`Rollback ${id} ended as ${release.state}: ${release.error?.what}`)
    await delay(POLL_MS)
  }
  signal.throwIfAborted()
  throw new Error(`Rollback ${id} did not end within ${ENDED_WITHIN_MS / 1_000} s.`)
}

/** The director's clock is the host's. */
function endOf(release: Release, name: string): number {
  const endedAt = release.steps.find((step) => step.name === name)?.endedAt
  if (!endedAt) throw new Error(`Rollback ${release.id} has no end of its step "${name}".`)
  return Date.parse(endedAt)
}

function table(rollbacks: readonly Rollback[], targets: readonly Target[]): Table {
  const row = (name: string, of: (rollback: Rollback) => number): string[] => {
    const values = rollbacks.map(of)
    return [name, ...(values.length === 0 ? ['–', '–'] : [`${median(values)}`, `${largest(values)}`])]
  }
  return {
    title: 'A rollback of the whole system: milliseconds after the verb was sent',
    columns: ['until', 'median', 'worst'],
    rows: [
      row('the director has accepted it and written it down', ({ acceptedMs }) => acceptedMs),
      row('the traffic has moved', ({ movedMs }) => movedMs),
      row('confirmed through nginx', ({ confirmedMs }) => confirmedMs),
      row('the asker sees it live', ({ liveMs }) => liveMs),
    ],
    targets,
    notes: [
      `${rollbacks.length} rollbacks there and back by POST /v1/rollback, on a system that has nothing else to do. Between verb and move lie the lock, the preflight, the standby’s health check and the journal’s fsyncs, which no rival has: theirs is the switch above.`,
    ],
  }
}

function targetOf(rollbacks: readonly Rollback[]): Target {
  const seenMs = median(rollbacks.map(({ confirmedMs }) => confirmedMs))
  const isMet = seenMs <= LIMIT_MS
  return {
    name: TARGET,
    limit: LIMIT,
    seen: `${seenMs} ms`,
    isMet,
    why: isMet ? null : partsInWords(rollbacks),
  }
}

function partsInWords(rollbacks: readonly Rollback[]): string {
  const part = (of: (rollback: Rollback) => number): string => `${Math.round(median(rollbacks.map(of)))} ms`
  return `At the median it was accepted after ${part(({ acceptedMs }) => acceptedMs)}, the move followed ${part(({ acceptedMs, movedMs }) => movedMs - acceptedMs)} later, and confirming it took ${part(({ movedMs, confirmedMs }) => confirmedMs - movedMs)}.`
}
