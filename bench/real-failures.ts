import { reasonOf } from '../src/release/errors.ts'
import type { Release } from '../src/release/release.ts'
import { startLoad } from '../test/load/load.ts'
import type { Failure, LoadReport } from '../test/load/tally.ts'
import type { BenchContext, Group, Table, Target } from './group.ts'
import { requireBrowser, startBrowser, type VisitorsBrowser } from './real/browser.ts'
import { type Kind, type Mark, type Stretch, stretchesOf } from './real/stretches.ts'
import { findSustainedRate } from './real/sustained.ts'
import { type RealSystem, realSystem } from './real/system.ts'
import { ACTS_TO_SETTLE, NOTHING_DONE, openTabs, type TabCounts, type Tabs } from './real/tabs.ts'

const TABS = 10
/** Far longer than the moves take; the most that a load may last. */
const LOAD_MS = 60 * 60_000
const SHOWN_PROBLEMS = 5

/** Releases and rollbacks of real builds, under load, with tabs that act throughout. */
export const realFailures: Group = {
  number: 2,
  title: 'Failures, real Next builds',
  needsRealSystem: true,
  run: async (context) => {
    requireBrowser()
    const real = await realSystem(context)
    const browser = await startBrowser()
    try {
      const sustained = await sustainedBesideTabs(real, browser, context)
      const rate = Math.floor(sustained.ratePerSecond / 2)
      const tabs = await openTabs(browser, TABS)
      const seen = await moveUnderLoad(real, tabs, rate, context)
      return [table(seen, { rate, sustained: sustainedWords(sustained), problems: tabs.problems })]
    } finally {
      await browser.close()
    }
  },
}

type Sustained = Awaited<ReturnType<typeof findSustainedRate>>

/** While tabs act, as they do throughout: on a machine of two cores they take a good part of what there is. */
async function sustainedBesideTabs(
  real: RealSystem,
  browser: VisitorsBrowser,
  context: BenchContext,
): Promise<Sustained> {
  const tabs = await openTabs(browser, TABS)
  try {
    return await findSustainedRate(await liveAddress(real), context)
  } finally {
    await tabs.stop()
  }
}

async function liveAddress(real: RealSystem): Promise<string> {
  const { routing } = await real.status()
  return real.addressOf(routing.live ?? 'primary')
}

/** `undone`: moves that failed and were taken back, in words. */
type Seen = { stretches: Stretch[]; report: LoadReport; tabs: TabCounts; undone: string[] }

async function moveUnderLoad(
  real: RealSystem,
  tabs: Tabs,
  ratePerSecond: number,
  { isFull, log, signal }: BenchContext,
): Promise<Seen> {
  const marks: (Mark & { kind: Kind })[] = [{ kind: 'rest', atMs: Date.now(), sent: 0, tabs: NOTHING_DONE }]
  const undone: string[] = []
  const load = await startLoad({
    url: real.nginxUrl,
    ratePerSecond,
    durationMs: LOAD_MS,
    getPaths: ['/', '/build', '/request', '/api/system/status'],
    maxListedFailures: Number.MAX_SAFE_INTEGER,
  })
  const now = (): Mark => ({ atMs: Date.now(), sent: load.sentSoFar(), tabs: tabs.counts() })
  try {
    await tabs.settled(signal)
    for (const { kind, run } of movesOf(real, isFull)) {
      marks.push({ kind, ...now() })
      const words = await run().then(wordsOfMove, reasonOf)
      if (!words.startsWith('live')) undone.push(words)
      await tabs.settled(signal)
      log(`${kind}: ${words}; ${load.sentSoFar()} requests and ${tabs.counts().acts} acts so far`)
    }
  } finally {
    await Promise.all([tabs.stop(), load.stop()])
  }
  const report = await load.ended
  if (report.sent >= (ratePerSecond * LOAD_MS) / 1_000)
    throw new Error(`The load ended after ${LOAD_MS / 60_000} minutes, before the moves did.`)
  const end = now()
  return { stretches: stretchesOf(marks, end, report.failures), tabs: end.tabs, undone, report }
}

const sustainedWords = ({ ratePerSecond, isLimit }: Sustained): string =>
  `${isLimit ? '' : 'at least '}${ratePerSecond}/s`

const wordsOfMove = ({ slot, build }: Release): string => `live on ${slot}, ${build?.deploymentId ?? 'no id'}`

type Move = { kind: 'release' | 'rollback'; run(): Promise<Release> }

/** Every release puts another build than the live one into a slot, so that each of them is seen by all that acts. */
function movesOf(real: RealSystem, isFull: boolean): Move[] {
  const rollback: Move = { kind: 'rollback', run: real.rollback }
  const build: Move = { kind: 'release', run: real.build }
  const redeployOldest: Move = { kind: 'release', run: () => real.redeploy(real.images[0] ?? '') }
  const last = isFull ? build : redeployOldest
  const round = [build, build, rollback, last, rollback, rollback]
  return isFull ? [...round, ...round] : round
}

function table(
  { stretches, report, tabs, undone }: Seen,
  { rate, sustained, problems }: { rate: number; sustained: string; problems: readonly string[] },
): Table {
  const reloadsAtRollbacks = stretches.find(({ kind }) => kind === 'rollback')?.tabs.reloads ?? 0
  const problemWords = problems.slice(0, SHOWN_PROBLEMS).join(' ')
  return {
    title: `${rate} requests/s, half of what one slot sustains here beside ${TABS} tabs (${sustained}), and these`,
    columns: ['', 'times', 'requests', 'failed', 'acts in tabs', 'acts failed', 'own reloads', 'tabs broken'],
    rows: stretches.map(rowOf),
    targets: [
      { ...zero('Failed requests', report.failed), why: report.failed === 0 ? null : failureWords(report) },
      { ...zero('Tabs broken', tabs.broken), why: tabs.broken === 0 ? null : problemWords },
      { ...zero('Acts in tabs that failed', tabs.failed), why: tabs.failed === 0 ? null : problemWords },
      { ...zero('Own reloads at rollbacks, where both builds stay', reloadsAtRollbacks), why: null },
      {
        ...zero('Releases and rollbacks that did not go live', undone.length),
        why: undone.length === 0 ? null : undone.join('. '),
      },
    ],
    notes: [
      'Requests are GET and 8 KB POST, kept-alive and fresh, a fifth over 40 ms of round trip, sent at a steady rate whatever comes back.',
      `p99 over all of it ${report.latencyMs.p99} ms, the builds included.`,
      'The rate is half of what one slot sustains while the tabs act, not of what it sustains alone: tabs, load, build and slots share this machine’s cores, and a rate found without the tabs asked for more than there is.',
      `Acts: client navigation, server action, event stream, own fetch, lazy chunk and refresh, in turn; every second tab is never refreshed by its visitor. A tab whose build is gone loads itself anew once and goes on: its own reload. Between two moves every tab does ${ACTS_TO_SETTLE} of them at least, by which it has done so.`,
      ...(problems.length > 0 ? [`Seen in tabs: ${problemWords}`] : []),
    ],
  }
}

const rowOf = ({ kind, times, sent, failed, tabs }: Stretch): string[] => [
  NAMES[kind],
  ...[times, sent, failed, tabs.acts, tabs.failed, tabs.reloads, tabs.broken].map(String),
]

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
