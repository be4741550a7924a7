import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../src/release/errors.ts'
import type { Release } from '../src/release/release.ts'
import { type Load, startLoad } from '../test/load/load.ts'
import type { Failure, LoadReport } from '../test/load/tally.ts'
import type { BenchContext, Group, Table, Target } from './group.ts'
import { requireBrowser, startBrowser } from './real/browser.ts'
import { findSustainedRate } from './real/sustained.ts'
import { type RealSystem, realSystem } from './real/system.ts'
import { openTabs, type TabCounts, type Tabs } from './real/tabs.ts'

const TABS = 10
const LOAD_MS = 30 * 60_000
/** What a move breaks shows while it is under way or soon after. */
const AFTER_MS = 5_000
const SHOWN_PROBLEMS = 5

/** Releases and rollbacks of real builds, under load, with tabs that act throughout. */
export const realFailures: Group = {
  number: 2,
  title: 'Failures, real Next builds',
  needsRealSystem: true,
  run: async (context) => {
    requireBrowser()
    const real = await realSystem(context)
    const sustained = await findSustainedRate(await liveAddress(real), context)
    const rate = Math.floor(sustained.ratePerSecond / 2)
    const browser = await startBrowser()
    try {
      const tabs = await openTabs(browser, TABS)
      const seen = await moveUnderLoad(real, tabs, rate, context)
      return [table(seen, { rate, sustained: sustained.ratePerSecond, problems: tabs.problems })]
    } finally {
      await browser.close()
    }
  },
}

async function liveAddress(real: RealSystem): Promise<string> {
  const { routing } = await real.status()
  return real.addressOf(routing.live ?? 'primary')
}

type Kind = 'release' | 'rollback'

/** One move, or the rest between two, with what was asked and done in its time. */
type Stretch = { kind: Kind | 'rest'; fromMs: number; toMs: number; sent: number; tabs: TabCounts }

/** `undone`: moves that failed and were taken back, in words. */
type Seen = { stretches: Stretch[]; report: LoadReport; undone: string[] }

async function moveUnderLoad(
  real: RealSystem,
  tabs: Tabs,
  ratePerSecond: number,
  { isFull, log, signal }: BenchContext,
): Promise<Seen> {
  const load = await startLoad({
    url: real.system.url,
    ratePerSecond,
    durationMs: LOAD_MS,
    getPaths: ['/', '/build', '/request', '/api/system/status'],
  })
  const stretches: Stretch[] = []
  const undone: string[] = []
  try {
    await record(stretches, 'rest', load, tabs, async () => undefined)
    for (const { kind, run } of movesOf(real, isFull)) {
      signal.throwIfAborted()
      const words = await record(stretches, kind, load, tabs, () => run().then(wordsOfMove, reasonOf))
      if (!words.startsWith('live')) undone.push(words)
      log(`${kind}: ${words}; ${load.sentSoFar()} requests and ${tabs.counts().acts} acts so far`)
    }
  } finally {
    await tabs.stop()
    await load.stop()
  }
  return { stretches, undone, report: await load.ended }
}

const wordsOfMove = ({ slot, build }: Release): string => `live on ${slot}, ${build?.deploymentId ?? 'no id'}`

type Move = { kind: Kind; run(): Promise<Release> }

/** Every release puts another build than the live one into a slot, so that each of them is seen by all that acts. */
function movesOf(real: RealSystem, isFull: boolean): Move[] {
  const rollback: Move = { kind: 'rollback', run: real.rollback }
  const build: Move = { kind: 'release', run: real.build }
  const redeployOldest: Move = { kind: 'release', run: () => real.redeploy(real.images[0] ?? '') }
  const last = isFull ? build : redeployOldest
  const round = [build, build, rollback, last, rollback, rollback]
  return isFull ? [...round, ...round] : round
}

async function record<T>(
  stretches: Stretch[],
  kind: Stretch['kind'],
  load: Load,
  tabs: Tabs,
  run: () => Promise<T>,
): Promise<T> {
  const fromMs = Date.now()
  const sentBefore = load.sentSoFar()
  const before = tabs.counts()
  const result = await run()
  await delay(AFTER_MS)
  const after = tabs.counts()
  stretches.push({
    kind,
    fromMs,
    toMs: Date.now(),
    sent: load.sentSoFar() - sentBefore,
    tabs: {
      acts: after.acts - before.acts,
      failed: after.failed - before.failed,
      reloads: after.reloads - before.reloads,
      broken: after.broken - before.broken,
    },
  })
  return result
}

function table(
  { stretches, report, undone }: Seen,
  { rate, sustained, problems }: { rate: number; sustained: number; problems: readonly string[] },
): Table {
  const rows = (['release', 'rollback', 'rest'] as const).map((kind) => rowOf(kind, stretches, report))
  const broken = stretches.reduce((sum, { tabs }) => sum + tabs.broken, 0)
  return {
    title: `${rate} requests/s, half of what one slot sustains here (${sustained}/s), and ${TABS} tabs`,
    columns: ['', 'times', 'requests', 'failed', 'acts in tabs', 'acts failed', 'own reloads', 'tabs broken'],
    rows,
    targets: [
      { ...zero('Failed requests', report.failed), why: report.failed === 0 ? null : failureWords(report) },
      {
        ...zero('Tabs broken', broken),
        why: broken === 0 ? null : problems.slice(0, SHOWN_PROBLEMS).join(' '),
      },
      {
        ...zero('Releases and rollbacks that did not go live', undone.length),
        why: undone.length === 0 ? null : undone.join('. '),
      },
    ],
    notes: [
      'Requests are GET and 8 KB POST, kept-alive and fresh, a fifth over 40 ms of round trip, sent at a steady rate whatever comes back.',
      `p99 over all of it ${report.latencyMs.p99} ms, the builds included.`,
      'Acts: client navigation, server action, event stream, own fetch, lazy chunk and refresh, in turn. A tab whose build is gone loads itself anew once and goes on: its own reload.',
      ...(problems.length > 0 ? [`Seen in tabs: ${problems.slice(0, SHOWN_PROBLEMS).join(' ')}`] : []),
    ],
  }
}

function rowOf(kind: Stretch['kind'], all: readonly Stretch[], { failures }: LoadReport): string[] {
  const own = all.filter((stretch) => stretch.kind === kind)
  const sum = (of: (stretch: Stretch) => number) => String(own.reduce((total, one) => total + of(one), 0))
  const failedIn = ({ fromMs, toMs }: Stretch) =>
    failures.filter(({ at }) => Date.parse(at) >= fromMs && Date.parse(at) < toMs).length
  return [
    NAMES[kind],
    String(own.length),
    sum(({ sent }) => sent),
    sum(failedIn),
    sum(({ tabs }) => tabs.acts),
    sum(({ tabs }) => tabs.failed),
    sum(({ tabs }) => tabs.reloads),
    sum(({ tabs }) => tabs.broken),
  ]
}

const NAMES = {
  release: 'releases (a slot is reused)',
  rollback: 'rollbacks (both slots stay)',
  rest: 'before them, at rest',
} as const

const zero = (name: string, seen: number): Omit<Target, 'why'> => ({
  name,
  limit: '0',
  seen: String(seen),
  isMet: seen === 0,
})

/** The kinds of failures with their number, most first. */
function failureWords({ failures }: LoadReport): string {
  const counts = new Map<string, number>()
  for (const failure of failures) counts.set(wordsOf(failure), (counts.get(wordsOf(failure)) ?? 0) + 1)
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one)
  return sorted
    .slice(0, SHOWN_PROBLEMS)
    .map(([words, count]) => `${count} × ${words}.`)
    .join(' ')
}

const wordsOf = ({ kind, path, error }: Failure): string => `${kind} ${path}: ${error}`
