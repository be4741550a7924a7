import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Docker from 'dockerode'
import { z } from 'zod'
import { reasonOf } from '../src/release/errors.ts'
import { otherSlot, SLOTS, type Slot } from '../src/release/slot.ts'
import { MADE_IMAGES } from '../src/setup/image-names.ts'
import { confirmedTarget } from './confirmed-target.ts'
import { makeCertificate } from './docker/certificate.ts'
import { type Rig, startRig } from './docker/rig.ts'
import { getRivals } from './docker/rivals-image.ts'
import type { BenchContext, Group, Table, Target } from './group.ts'
import { startMixedLoad } from './load/mixed-load.ts'
import { loadInWords, nginxVersion } from './machine.ts'
import {
  type Arrivals,
  FRESH_PATH,
  KEPT_PATH,
  type Move,
  nowMs,
  type Seen,
  seenOf,
  watchRenames,
} from './moves.ts'
import { rivals } from './rivals/all.ts'
import type { Rival, RunningRival } from './rivals/rival.ts'
import { rollbackTable } from './rollbacks.ts'
import { largest, median } from './statistics.ts'

const REQUESTS_PER_SECOND = 400
const MOVES = 20
const WARM_UP_MS = 1_500
const CONFIRM_WITHIN_MS = 15_000
const FIRST_LIMIT_MS = 5
const LAST_LIMIT_MS = 10
const CONFIRMED_LIMIT_MS = 50

export const tinyLatency: Group = {
  number: 3,
  title: 'Latency of the switch and of a rollback',
  needsRealSystem: false,
  run: async (context) => {
    const docker = new Docker()
    const versions = await getRivals(docker, context.log)
    const outcomes: Outcome[] = []
    for (const rival of rivals(versions, await nginxVersion(docker, MADE_IMAGES.nginx))) {
      context.signal.throwIfAborted()
      // Its old workers take requests for 15 s after each move: nothing to wait for in a short run.
      if (rival.oldSlotServesMs !== undefined && !context.isFull) continue
      outcomes.push(await measureOrSay(rival, context))
    }
    return [switchTable(outcomes, context.isFull), await rollbackTable(context)]
  },
}

type Outcome = {
  rival: string
  error: string | null
  moves: Move[]
  arrivals: Record<Slot, Arrivals>
  sent: number
  failed: number
}

async function measureOrSay(rival: Rival, context: BenchContext): Promise<Outcome> {
  try {
    return await measure(rival, context)
  } catch (cause) {
    context.signal.throwIfAborted()
    context.log(`${rival.name}: ${reasonOf(cause)}`)
    return {
      rival: rival.name,
      error: reasonOf(cause),
      moves: [],
      arrivals: { primary: {}, secondary: {} },
      sent: 0,
      failed: 0,
    }
  }
}

async function measure(rival: Rival, { signal, isFull, log }: BenchContext): Promise<Outcome> {
  const rig = await startRig({ publishesSlots: rival.publishesSlots })
  try {
    const running = await rival.start(rig, await makeCertificate(rig.docker, rig.dir))
    const load = await startMixedLoad(steadyLoad(running))
    try {
      await delay(WARM_UP_MS, undefined, { signal })
      await Promise.all(SLOTS.map((slot) => fetch(new URL('/_bench/record', rig.slotUrl(slot)))))
      const spacingMs = rival.oldSlotServesMs === undefined ? spacing(isFull) : rival.oldSlotServesMs + 2_000
      const moves = await moveRepeatedly(
        running,
        rival.oldSlotServesMs === undefined ? MOVES : 4,
        spacingMs,
        signal,
      )
      const { counts, incidents } = await load.stop()
      const outcome: Outcome = {
        ...{ rival: rival.name, error: null, moves, arrivals: await arrivalsOf(rig) },
        sent: Object.values(counts).reduce((all, one) => all + one, 0),
        failed: incidents.length,
      }
      const { first } = latencies(outcome, 'start')
      log(`${rival.name}: first request at the new slot ${shown(first)} after the command`)
      return outcome
    } finally {
      await load.kill()
    }
  } finally {
    await rig.stop()
  }
}

const spacing = (isFull: boolean): number => (isFull ? 2_000 : 600)

/** Near only: what a longer line adds is not the switch's. Half on connections of their own. */
function steadyLoad({ address: { host, httpPort } }: RunningRival) {
  const common = {
    ...{ url: `http://${host}:${httpPort}`, ratePerSecond: REQUESTS_PER_SECOND / 2, durationMs: 3_600_000 },
    ...{ postPath: null, farShare: 0 },
  }
  return {
    http1: {
      fresh: { ...common, getPaths: [FRESH_PATH], freshShare: 1 },
      kept: { ...common, getPaths: [KEPT_PATH], freshShare: 0 },
    },
    http2: null,
    streams: { host, port: httpPort, webSockets: 0, eventStreams: 0 },
    farShare: 0,
    farRoundTripMs: 0,
  }
}

async function moveRepeatedly(
  running: RunningRival,
  count: number,
  spacingMs: number,
  signal: AbortSignal,
): Promise<Move[]> {
  const { liveDir } = running
  const renames = liveDir === undefined ? null : watchRenames(join(liveDir, 'current'))
  const moves: Move[] = []
  let to: Slot = 'primary'
  try {
    for (let number = 0; number < count; number++) {
      signal.throwIfAborted()
      const next = delay(spacingMs)
      to = otherSlot(to)
      const startMs = nowMs()
      await running.flip(to)
      const doneMs = nowMs()
      const confirmedMs = await confirmedAt(running, to, signal)
      await next
      const renamedMs = renames?.lastMs() ?? null
      moves.push({ to, startMs, renamedMs, doneMs, confirmedMs, untilMs: nowMs() })
    }
  } finally {
    renames?.stop()
  }
  return moves
}

async function confirmedAt(running: RunningRival, to: Slot, signal: AbortSignal): Promise<number | null> {
  try {
    await running.confirm(to, AbortSignal.any([signal, AbortSignal.timeout(CONFIRM_WITHIN_MS)]))
    return nowMs()
  } catch {
    signal.throwIfAborted()
    return null
  }
}

const arrivalsSchema = z.record(z.string(), z.array(z.number()))

async function arrivalsOf(rig: Rig): Promise<Record<Slot, Arrivals>> {
  const take = async (slot: Slot): Promise<Arrivals> =>
    arrivalsSchema.parse(await (await fetch(new URL('/_bench/arrivals', rig.slotUrl(slot)))).json())
  return { primary: await take('primary'), secondary: await take('secondary') }
}

type Latencies = Record<'done' | 'first' | 'lastFresh' | 'lastKept' | 'confirmed', (number | null)[]>

/** Of each move, counted from its command's start or from the rename. */
function latencies({ moves, arrivals }: Outcome, zero: 'start' | 'rename'): Latencies {
  const zeroOf = (move: Move): number => (zero === 'rename' ? (move.renamedMs ?? move.startMs) : move.startMs)
  const seen: Seen[] = moves.map((move) => seenOf(move, zeroOf(move), arrivals))
  return {
    done: moves.map((move) => move.doneMs - zeroOf(move)),
    first: seen.map(({ first }) => first),
    lastFresh: seen.map(({ lastFresh }) => lastFresh),
    lastKept: seen.map(({ lastKept }) => lastKept),
    confirmed: moves.map((move) => (move.confirmedMs === null ? null : move.confirmedMs - zeroOf(move))),
  }
}

/** What did not come to be before the next move took for ever: left out, it would make the others' median better. */
const orNever = (values: readonly (number | null)[]): number[] =>
  values.map((value) => value ?? Number.POSITIVE_INFINITY)

const inTime = (ms: number): string => (Number.isFinite(ms) ? ms.toFixed(1) : 'not in time')

/** Median and worst. */
function shown(values: readonly (number | null)[]): string {
  const all = orNever(values)
  return `${inTime(median(all))} / ${inTime(largest(all))}`
}

function switchTable(outcomes: readonly Outcome[], isFull: boolean): Table {
  const [own] = outcomes
  return {
    title: 'The switch: milliseconds, median / worst',
    columns: [
      'way',
      'command done',
      'first request at the new slot',
      'last new request at the old, fresh',
      'last new request at the old, kept-alive',
      'confirmed through the proxy',
      'failed',
    ],
    rows: outcomes.flatMap((outcome) => [
      row(outcome, 'start'),
      ...(outcome.moves.some(({ renamedMs }) => renamedMs !== null) ? [row(outcome, 'rename')] : []),
    ]),
    targets: own === undefined ? [] : targetsOf(own),
    notes: [
      `${MOVES} moves each, one every ${spacing(isFull)} ms, at ${REQUESTS_PER_SECOND} requests/s of open-loop load, half of it on fresh connections. Counted from the start of the command on one clock for all processes: a slot notes when a request arrives.`,
      `At this rate a request comes every ${1_000 / REQUESTS_PER_SECOND} ms, so a part of "first request at the new slot" is waiting for one to come.`,
      'Confirmed: five fresh connections in a row answered by the new slot; Switchyard asks for its generation too, each time.',
      'Switchyard’s command writes the new generation to disk with fsync before the rename; "from the rename" leaves that out. The others write no state, or one without fsync.',
      'What did not come to be before the next move counts as never, in the medians too.',
      ...(isFull
        ? [
            'With keepalive_min_timeout: 4 moves, 17 s apart, since its old slot gets requests for up to 15 s by intention.',
          ]
        : [
            'A reload with keepalive_min_timeout is not in this table: its old slot gets requests for up to that time (15 s) by intention. `npm run bench:full` measures it.',
          ]),
    ],
  }
}

function row(outcome: Outcome, zero: 'start' | 'rename'): string[] {
  const { rival, error, sent, failed } = outcome
  if (error !== null) return [rival, ...Array.from({ length: 5 }, () => '–'), `failed to run: ${error}`]
  const { done, first, lastFresh, lastKept, confirmed } = latencies(outcome, zero)
  const name = zero === 'rename' ? `${rival}, from the rename` : rival
  return [name, ...[done, first, lastFresh, lastKept, confirmed].map(shown), `${failed} of ${sent}`]
}

function targetsOf(own: Outcome): Target[] {
  if (own.error !== null) {
    const why = `It failed to run: ${own.error}`
    return [{ name: `latency of ${own.rival}`, limit: '', seen: 'nothing', isMet: false, why }]
  }
  const { done, first, lastFresh, lastKept } = latencies(own, 'rename')
  const { done: doneFromStart, confirmed } = latencies(own, 'start')
  const lasts = orNever([...lastFresh, ...lastKept])
  return [
    confirmedTarget('moves', own.moves.length, confirmed.filter((ms) => ms !== null).length),
    target(
      'first request at the new slot after the rename, median',
      FIRST_LIMIT_MS,
      median(orNever(first)),
      `The best was ${inTime(Math.min(...orNever(first)))} ms. ${loadInWords()}`,
    ),
    target(
      `last new request at the old slot after the rename, worst of ${own.moves.length}`,
      LAST_LIMIT_MS,
      largest(lasts),
      `It was within the limit in ${lasts.filter((ms) => ms <= LAST_LIMIT_MS).length} of ${lasts.length} cases (fresh and kept-alive apart); the median in ms: ${inTime(median(lasts))}. ${loadInWords()}`,
    ),
    target(
      'confirmed through nginx, from the command, median',
      CONFIRMED_LIMIT_MS,
      median(orNever(confirmed)),
      `The command took ${inTime(median(orNever(doneFromStart)))} ms of it at the median, ${inTime(median(orNever(done)))} ms of that from the rename on. ${loadInWords()}`,
    ),
  ]
}

function target(name: string, limitMs: number, seenMs: number, why: string): Target {
  const isMet = seenMs <= limitMs
  const seen = Number.isFinite(seenMs) ? `${seenMs.toFixed(1)} ms` : 'not in time'
  return { name, limit: `≤ ${limitMs} ms`, seen, isMet, why: isMet ? null : why }
}
