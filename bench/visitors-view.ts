import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { Release } from '../src/release/release.ts'
import type { StepName } from '../src/release/step-names.ts'
import type { BenchContext, Group, Table } from './group.ts'
import { type RealSystem, realSystem } from './real/system.ts'
import { p99Of, type View, whileVisited } from './real/visitors.ts'
import { median } from './statistics.ts'
import { inWords } from './words.ts'

/** Well below what one slot sustains, so that rest is rest. */
const RATE = 100
const REST_MS = 20_000
const AROUND_MS = 1_000
const AFTER_MS = 3_000
const ALL_CORES = { BUILD_CPUS: String(availableParallelism()) }

/** What visitors notice of a build, of a release and of a rollback. */
export const visitorsView: Group = {
  number: 6,
  title: 'The visitor’s view',
  needsRealSystem: true,
  run: async (context) => [table(await look(await realSystem(context), context))],
}

/** `free build`: on all cores. */
type Stretch = 'rest' | 'build' | 'free build' | 'new slot' | 'switch' | 'rollback'

type Seen = Record<Stretch, (readonly View[])[]>

async function look(real: RealSystem, { isFull, log, signal }: BenchContext): Promise<Seen> {
  const seen: Seen = {
    rest: [],
    build: [],
    'free build': [],
    'new slot': [],
    switch: [],
    rollback: [],
  }
  for (let round = 0; round < (isFull ? 4 : 2); round++) {
    for (const isLimited of [false, true]) {
      signal.throwIfAborted()
      await real.settle(isLimited ? {} : ALL_CORES)
      const { views: atRest } = await whileVisited(real.nginxUrl, RATE, () =>
        delay(REST_MS, undefined, { signal }),
      )
      seen.rest.push(atRest)
      const { result: release, views } = await whileVisited(real.nginxUrl, RATE, async () => {
        const built = await real.build()
        await delay(AFTER_MS, undefined, { signal })
        return built
      })
      const build = within(views, startOf(release, 'build'), startOf(release, 'drain'))
      seen[isLimited ? 'build' : 'free build'].push(build)
      seen['new slot'].push(within(views, startOf(release, 'drain'), startOf(release, 'switch')))
      seen.switch.push(around(views, release))
      const kind = isLimited ? 'limited' : 'on all cores'
      log(
        `build ${round + 1}, ${kind}: p99 ${inWords(p99Of(atRest))} at rest, ${inWords(p99Of(build))} during it`,
      )
    }
  }
  for (let round = 0; round < (isFull ? 20 : 6); round++) {
    signal.throwIfAborted()
    const { result: release, views } = await whileVisited(real.nginxUrl, RATE, async () => {
      await delay(AROUND_MS, undefined, { signal })
      const rolledBack = await real.rollback()
      await delay(AFTER_MS, undefined, { signal })
      return rolledBack
    })
    seen.rollback.push(around(views, release))
  }
  return seen
}

function startOf({ steps }: Release, name: StepName): number {
  return Date.parse(steps.find((step) => step.name === name)?.startedAt ?? '')
}

const within = (views: readonly View[], fromMs: number, toMs: number): View[] =>
  views.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)

/** A second before the traffic moves to three after it. */
function around(views: readonly View[], release: Release): View[] {
  const movedMs = startOf(release, 'confirm')
  return within(views, movedMs - AROUND_MS, movedMs + AFTER_MS)
}

const NAMES: Readonly<Record<Stretch, string>> = {
  rest: 'at rest',
  build: 'while the next build is made',
  'free build': 'the same, on all cores',
  'new slot': 'while it drains and starts the other slot',
  switch: 'at the switch of a release',
  rollback: 'at the switch of a rollback',
}

function table(seen: Seen): Table {
  const restMs = medianP99(seen.rest)
  const rows = Object.entries(NAMES).map(([name, words]) => {
    const stretches = isStretch(name) ? seen[name] : []
    const views = stretches.flat()
    const p99Ms = medianP99(stretches)
    const failed = views.filter(({ error }) => error !== null).length
    return [
      words,
      String(views.length),
      String(failed),
      inWords(median(views.map(({ tookMs }) => tookMs))),
      inWords(p99Ms),
      `${(p99Ms / restMs).toFixed(1)} ×`,
    ]
  })
  return {
    title: `${RATE} page views a second, sent at a steady rate whatever comes back`,
    columns: ['', 'views', 'failed', 'median', 'p99', 'p99 of rest’s'],
    rows,
    targets: [],
    notes: [
      `At a switch: from ${AROUND_MS / 1_000} s before the traffic moves to ${AFTER_MS / 1_000} s after it.`,
      'What holds it, without an image from a registry: a build leaves one core to the visitors (BUILD_CPUS), and slots and nginx have four and eight times its shares.',
    ],
  }
}

const isStretch = (name: string): name is Stretch => name in NAMES

const medianP99 = (stretches: readonly (readonly View[])[]): number => median(stretches.map(p99Of))
