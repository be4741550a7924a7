import { setTimeout as delay } from 'node:timers/promises'
import Docker from 'dockerode'
import { reasonOf } from '../src/release/errors.ts'
import { otherSlot, type Slot } from '../src/release/slot.ts'
import { MADE_IMAGES } from '../src/setup/image-names.ts'
import { confirmedTarget } from './confirmed-target.ts'
import { makeCertificate } from './docker/certificate.ts'
import { startRig } from './docker/rig.ts'
import { getRivals } from './docker/rivals-image.ts'
import type { BenchContext, Group, Table, Target } from './group.ts'
import { type MixedLoad, startMixedLoad } from './load/mixed-load.ts'
import type { Incident, MixedPlan } from './load/plan.ts'
import { type Sent, sentTarget } from './load/sent-target.ts'
import { nginxVersion } from './machine.ts'
import { rivals } from './rivals/all.ts'
import type { Rival, RunningRival } from './rivals/rival.ts'
import { inWords } from './words.ts'

const LOAD = {
  http1PerSecond: 430,
  http2PerSecond: 110,
  slowFromMs: 5_000,
  slowToMs: 20_000,
  webSockets: 50,
  eventStreams: 50,
}
const FAR = { farShare: 0.2, farRoundTripMs: 40 }
const FOREVER_MS = 3_600_000
const SLOW_PATHS = 64
const FLIPS = 20
const SLOW_REQUESTS = 200
/** Of the requests that are not slow; what is sent is a little more, so that no hiccup makes it less. */
const MEANT_PER_SECOND = 500
const WARM_UP_MS = 2_000
const CONFIRM_WITHIN_MS = 15_000
const RELEASE_WITHIN_MS = 120_000

/** `slowEndsAt`: the release, from 0, at which slow requests are sent no more. Each before that waits 20 s for them. */
const pace = (isFull: boolean) =>
  isFull ? { spacingMs: 5_000, releases: 4, slowEndsAt: 3 } : { spacingMs: 1_000, releases: 2, slowEndsAt: 0 }

export const tinyFailures: Group = {
  number: 1,
  title: 'Failures while the traffic moves, tiny slots',
  needsRealSystem: false,
  run: async (context) => {
    const docker = new Docker()
    const versions = await getRivals(docker, context.log)
    const all = rivals(versions, await nginxVersion(docker, MADE_IMAGES.nginx))
    const outcomes: Outcome[] = []
    for (const rival of all) {
      context.signal.throwIfAborted()
      outcomes.push({ rival: rival.name, ...(await measureOrSay(rival, context)) })
    }
    return [table(outcomes, context.isFull)]
  },
}

/** What came of one way in one mode. */
type Phase = {
  mode: 'flips' | 'releases'
  moves: number
  /** Why the proxy did not confirm some of them in time; the next one follows all the same. */
  unconfirmed: string[]
  requests: number
  sent: Sent
  incidents: Incident[]
}

type Outcome = { rival: string; phases: Phase[]; error: string | null }

/** A way that does not run here must not cost the others' numbers. */
async function measureOrSay(rival: Rival, context: BenchContext): Promise<Omit<Outcome, 'rival'>> {
  try {
    return { phases: await measure(rival, context), error: null }
  } catch (cause) {
    context.signal.throwIfAborted()
    context.log(`${rival.name}: ${reasonOf(cause)}`)
    return { phases: [], error: reasonOf(cause) }
  }
}

async function measure(rival: Rival, context: BenchContext): Promise<Phase[]> {
  const rig = await startRig({ publishesSlots: rival.publishesSlots })
  let load: MixedLoad | null = null
  try {
    const running = await rival.start(rig, await makeCertificate(rig.docker, rig.dir))
    load = await startMixedLoad(planFor(running, context.isFull))
    return await moveUnderLoad(rival, running, load, context)
  } finally {
    await load?.kill()
    await rig.stop()
  }
}

function planFor({ address: { host, httpPort, tlsPort } }: RunningRival, isFull: boolean): MixedPlan {
  const common = { ...FAR, url: `http://${host}:${httpPort}`, durationMs: FOREVER_MS }
  const flipsSeconds = (WARM_UP_MS + FLIPS * pace(isFull).spacingMs) / 1_000
  return {
    ...FAR,
    http1: {
      'HTTP/1.1': { ...common, ratePerSecond: LOAD.http1PerSecond, postPath: '/echo' },
      slow: {
        ...common,
        ratePerSecond: SLOW_REQUESTS / flipsSeconds,
        postPath: null,
        getPaths: slowPaths(),
        timeoutMs: LOAD.slowToMs + 15_000,
      },
    },
    http2: { host, port: tlsPort, ratePerSecond: LOAD.http2PerSecond },
    streams: { host, port: httpPort, webSockets: LOAD.webSockets, eventStreams: LOAD.eventStreams },
  }
}

/** From the shortest to the longest; the load picks among them. */
function slowPaths(): string[] {
  const step = (LOAD.slowToMs - LOAD.slowFromMs) / (SLOW_PATHS - 1)
  return Array.from(
    { length: SLOW_PATHS },
    (_, index) => `/slow?ms=${Math.round(LOAD.slowFromMs + index * step)}`,
  )
}

async function moveUnderLoad(
  { name, stopsBefore = false }: Rival,
  running: RunningRival,
  load: MixedLoad,
  { isFull, log, signal }: BenchContext,
): Promise<Phase[]> {
  const { spacingMs, releases, slowEndsAt } = pace(isFull)
  await delay(WARM_UP_MS, undefined, { signal })
  let live: Slot = 'primary'
  const unconfirmed: string[] = []
  const before = await countNow(load)
  for (let flip = 0; flip < FLIPS; flip++) {
    const next = delay(spacingMs)
    live = otherSlot(live)
    await running.flip(live)
    await running.confirm(live, within(signal, CONFIRM_WITHIN_MS)).catch((cause: unknown) => {
      signal.throwIfAborted()
      unconfirmed.push(reasonOf(cause))
      log(`${name}: flip ${flip + 1} was not confirmed: ${reasonOf(cause)}`)
    })
    await next
  }
  const boundaryMs = Date.now()
  const flipped = await countNow(load)
  // The streams are where they were opened: a release that stops the slot without traffic would not meet them.
  if (stopsBefore) {
    live = otherSlot(live)
    await running.flip(live)
    await running.confirm(live, within(signal, CONFIRM_WITHIN_MS))
  }
  for (let release = 0; release < releases; release++) {
    if (release === slowEndsAt) load.endOne('slow')
    live = otherSlot(live)
    await running.release(live, within(signal, RELEASE_WITHIN_MS))
    await delay(spacingMs, undefined, { signal })
  }
  const released = await countNow(load)
  const { counts, incidents } = await load.stop()
  const of = (isReleases: boolean) => incidents.filter(({ atMs }) => atMs >= boundaryMs === isReleases)
  log(`${name}: ${said(of(false))} in ${FLIPS} flips, ${said(of(true))} in ${releases} releases`)
  return [
    {
      ...{ mode: 'flips', moves: FLIPS, unconfirmed, requests: sum(flipped.counts) },
      ...{ sent: sentBetween(before, flipped), incidents: of(false) },
    },
    {
      ...{ mode: 'releases', moves: releases, unconfirmed: [], requests: sum(counts) - sum(flipped.counts) },
      ...{ sent: { ...sentBetween(flipped, released), slowRequests: null }, incidents: of(true) },
    },
  ]
}

type Count = Awaited<ReturnType<MixedLoad['count']>> & { atMs: number }

async function countNow(load: MixedLoad): Promise<Count> {
  const count = await load.count()
  return { ...count, atMs: performance.now() }
}

/** Slow requests since the load began: those of the warm-up are on their way while the traffic moves. */
function sentBetween(from: Count, to: Count): Sent {
  const quick = ({ counts }: Count) => sum(counts) - (counts.slow ?? 0)
  return {
    requestsPerSecond: (quick(to) - quick(from)) / ((to.atMs - from.atMs) / 1_000),
    slowRequests: to.counts.slow ?? 0,
    webSockets: Math.min(from.open.webSockets, to.open.webSockets),
    eventStreams: Math.min(from.open.eventStreams, to.open.eventStreams),
  }
}

const within = (signal: AbortSignal, ms: number) => AbortSignal.any([signal, AbortSignal.timeout(ms)])

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((all, one) => all + one, 0)

const numberOf = (incidents: readonly Incident[], what: Incident['what']) =>
  incidents.filter((incident) => incident.what === what).length

const said = (incidents: readonly Incident[]) =>
  `${numberOf(incidents, 'failed')} failed, ${numberOf(incidents, 'refused')} refused, ${numberOf(incidents, 'cut')} cut`

function table(outcomes: readonly Outcome[], isFull: boolean): Table {
  return {
    title: 'Flips (both slots stay) and releases (a slot is reused)',
    columns: [
      'way',
      'mode',
      'requests',
      'failed',
      'HTTP/2 streams refused',
      'streams cut',
      'told to reconnect',
      'what failed or was cut',
    ],
    rows: outcomes.flatMap(rowsOf),
    targets: outcomes.slice(0, 1).flatMap(targetsOf),
    notes: [...overrunNotes(outcomes), ...notes(isFull)],
  }
}

function rowsOf({ rival, phases, error }: Outcome): string[][] {
  if (error !== null) return [[rival, 'failed to run', ...Array.from({ length: 5 }, () => '–'), error]]
  return phases.map(({ mode, moves, unconfirmed, requests, incidents }) => [
    rival,
    `${moves} ${mode}${unconfirmed.length > 0 ? `, ${unconfirmed.length} not confirmed in time` : ''}`,
    String(requests),
    ...(['failed', 'refused', 'cut', 'told'] as const).map((what) => String(numberOf(incidents, what))),
    causes(incidents),
  ])
}

function targetsOf({ rival, phases, error }: Outcome): Target[] {
  if (error === null) return phases.flatMap(targetsIn)
  return [
    {
      name: `failures of ${rival}`,
      limit: '0',
      seen: 'nothing',
      isMet: false,
      why: `It failed to run: ${error}`,
    },
  ]
}

const MEANT: Sent = {
  requestsPerSecond: MEANT_PER_SECOND,
  slowRequests: SLOW_REQUESTS,
  webSockets: LOAD.webSockets,
  eventStreams: LOAD.eventStreams,
}

function targetsIn({ mode, moves, unconfirmed, sent, incidents }: Phase): Target[] {
  const notSent = incidents.filter(isNotSent).length
  const target = (name: string, whats: readonly Incident['what'][]): Target => {
    const found = incidents.filter(({ what }) => whats.includes(what))
    return {
      name: `${name} in ${moves} ${mode}`,
      limit: '0',
      seen: String(found.length),
      isMet: found.length === 0,
      why: found.length === 0 ? null : `What was seen: ${causes(found)}.`,
    }
  }
  const [reason = null] = unconfirmed
  return [
    target('requests failed or refused', ['failed', 'refused']),
    target('streams cut', ['cut']),
    confirmedTarget(mode, moves, moves - unconfirmed.length, reason),
    sentTarget(
      `${moves} ${mode}`,
      { ...MEANT, slowRequests: sent.slowRequests === null ? null : SLOW_REQUESTS },
      sent,
      notSent,
    ),
  ]
}

const MAX_CAUSES = 4

/** The commonest ways to fail, with their counts. */
function causes(incidents: readonly Incident[]): string {
  const counts = new Map<string, number>()
  for (const { what, kind, error } of incidents) {
    if (what !== 'told') counts.set(`${kind}: ${error}`, (counts.get(`${kind}: ${error}`) ?? 0) + 1)
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  const shown = sorted.slice(0, MAX_CAUSES).map(([cause, count]) => `${count} × ${cause}`)
  const rest = sorted.slice(MAX_CAUSES).reduce((all, [, count]) => all + count, 0)
  return [...shown, ...(rest > 0 ? [`${rest} others`] : [])].join('; ')
}

const isNotSent = ({ error }: Incident): boolean => error.startsWith('not sent')

/** A machine that can't send what it should says nothing of a way to switch. */
function overrunNotes(outcomes: readonly Outcome[]): string[] {
  const overrun = outcomes.filter(({ phases }) => phases.some(({ incidents }) => incidents.some(isNotSent)))
  return overrun.map(
    ({ rival }) =>
      `${rival}: so many requests were in flight that some were not sent. Either the way stood still, or this machine was too busy; only a run on a quiet machine tells them apart.`,
  )
}

function notes(isFull: boolean): string[] {
  const { spacingMs, slowEndsAt } = pace(isFull)
  return [
    `Load, open loop: ${LOAD.http1PerSecond} requests/s of HTTP/1.1 (a quarter POSTs of 8 KB, 30 % on fresh connections) and ${LOAD.http2PerSecond}/s of HTTP/2 with TLS (a quarter POSTs, 9 % on sessions of their own), a fifth of all over ${FAR.farRoundTripMs} ms of round trip; ${SLOW_REQUESTS} slow requests of ${inWords(LOAD.slowFromMs)} to ${inWords(LOAD.slowToMs)} during the flips and until release ${slowEndsAt + 1} begins, which meets those that are still on their way; ${LOAD.webSockets} WebSockets with a message each second, ${LOAD.eventStreams} event streams. A flip every ${inWords(spacingMs)}.`,
    'Nothing is sent twice. A browser repeats a refused HTTP/2 stream by itself, so that is counted apart; of a lost HTTP/1.1 request it repeats GETs only.',
    'Each release stops a slot that has all the streams; so that Switchyard’s first one does so too, the traffic is moved once more before it. A release of Switchyard: the slot without traffic is drained until nothing is in flight, told to stop, started anew, and gets the traffic. With the article’s: flip, then at once `docker stop` (10 s of grace) of the slot that had the traffic, as its procedure says. With the others: flip, confirm, wait as long as the old slot gets requests by intention (15 s with keepalive_min_timeout, else none), then stop it with 30 s of grace, as Switchyard’s. What a way loses here beyond its flips comes of that stop.',
    'Told to reconnect: the app said so as it stopped (WebSocket close 1012, a last event). Cut: the stream ended any other way.',
    'Switchyard leaves TLS to what stands in front of it; for HTTP/2 its own configuration got one listener more. The others end TLS themselves too.',
    'Caddy is given `stream_close_delay`, without which a change of its configuration cuts its WebSockets.',
  ]
}
