import type { Page } from '@playwright/test'
import { z } from 'zod'
import type { BenchContext, Group, Table } from './group.ts'
import { requireBrowser, startBrowser } from './real/browser.ts'
import { openConsole } from './real/console.ts'
import { type StepTimes, timesOf } from './real/step-times.ts'
import { type RealSystem, realSystem } from './real/system.ts'
import { type Usage, usageOver } from './real/usage.ts'
import { median } from './statistics.ts'
import { inWords } from './words.ts'

const LIMIT_MS = 1_500
const CLICK_LIMIT_MS = 300
const UNKNOWN = 'The reason was not measured.'
const REST_LIMIT = { memoryMb: 120, corePercent: 1 } as const
const REST_MS = 60_000
/** What opening the console costs is over by then. */
const SETTLE_MS = 20_000

/** What a release, a rollback and an open console cost beyond what the app itself takes. */
export const releaseCost: Group = {
  number: 5,
  title: 'Cost of a release',
  needsRealSystem: true,
  run: async (context) => {
    requireBrowser()
    const real = await realSystem(context)
    const releases = await measureReleases(real, context)
    const browser = await startBrowser()
    try {
      const page = await openConsole(browser, real)
      const rollbacks = await measureRollbacks(real, page, context)
      const rest = await measureRest(real, context)
      return [releaseTable(releases), rollbackTable(rollbacks), restTable(rest)]
    } finally {
      await browser.close()
    }
  },
}

type Releases = { built: StepTimes[]; redeployed: StepTimes[] }

async function measureReleases(real: RealSystem, { isFull, log, signal }: BenchContext): Promise<Releases> {
  const built: StepTimes[] = []
  for (let round = 0; round < (isFull ? 5 : 1); round++) {
    signal.throwIfAborted()
    log('A changed page is built and released.')
    built.push(await timesOf(real, await real.build()))
  }
  const redeployed: StepTimes[] = []
  for (let round = 0; round < (isFull ? 10 : 5); round++) {
    signal.throwIfAborted()
    const image = real.images[round % real.images.length] ?? ''
    log(`${image} is released anew.`)
    redeployed.push(await timesOf(real, await real.redeploy(image)))
  }
  return { built, redeployed }
}

const STEPS = [
  'preflight',
  'build',
  'drain',
  'start',
  'health',
  'assets',
  'switch',
  'confirm',
  'record',
] as const

/** Total without the build and the two whole steps in which the app starts: less than a release costs, as our ways round the start are in them. */
const otherStepsOf = ({ totalMs, stepsMs: { build = 0, start = 0, health = 0 } }: StepTimes): number =>
  totalMs - build - start - health

/** Total without the build and without what the app itself takes: what Compose and the health checks add to its start counts. */
const costOf = ({ totalMs, stepsMs: { build = 0 }, ownStartMs }: StepTimes): number =>
  totalMs - build - ownStartMs

function releaseTable({ built, redeployed }: Releases): Table {
  const row = (name: string, of: (times: StepTimes) => number): string[] => [
    name,
    inWords(median(built.map(of))),
    inWords(median(redeployed.map(of))),
  ]
  const all = [...built, ...redeployed]
  const costMs = Math.max(median(built.map(costOf)), median(redeployed.map(costOf)))
  return {
    title: 'Where the time of a release goes (medians)',
    columns: ['', `with a build (${built.length})`, `of a ready image (${redeployed.length})`],
    rows: [
      ...STEPS.map((name) => row(name, ({ stepsMs }) => stepsMs[name] ?? 0)),
      row('total', ({ totalMs }) => totalMs),
      row('the app itself, from its process to its first good answer', ({ ownStartMs }) => ownStartMs),
      row('cost: total − build − the app itself', costOf),
      row('of it, the other steps: total − build − start − health', otherStepsOf),
    ],
    targets: [
      {
        name: 'Cost of a release',
        limit: '≤ 1.5 s',
        seen: inWords(costMs),
        isMet: costMs <= LIMIT_MS,
        why: costMs <= LIMIT_MS ? null : largest(all),
      },
    ],
    notes: [
      'The drain contains the second in which a slot must have nothing in flight before it is reused.',
      'Judged is the cost by the slower of the two columns. The app itself is counted from the start of its container, as Docker tells it, to its first operational answer, as the director sees it; what Compose and the further health checks add around that is a cost of the release.',
    ],
  }
}

function largest(all: readonly StepTimes[]): string {
  const others = STEPS.filter((name) => !['build', 'start', 'health'].includes(name))
  const parts = [
    ...others.map((name) => ({ name: `${name}`, ms: medianOf(all, name) })),
    { name: 'what start and health take beyond the app itself', ms: median(all.map(aroundStartOf)) },
  ]
  const [most, next] = parts.toSorted((one, other) => other.ms - one.ms)
  return `Most of it is ${most?.name} with ${inWords(most?.ms ?? 0)} and ${next?.name} with ${inWords(next?.ms ?? 0)}.`
}

const aroundStartOf = (times: StepTimes): number => costOf(times) - otherStepsOf(times)

const medianOf = (all: readonly StepTimes[], name: (typeof STEPS)[number]): number =>
  median(all.map(({ stepsMs }) => stepsMs[name] ?? 0))

async function measureRollbacks(
  real: RealSystem,
  page: Page,
  { isFull, log, signal }: BenchContext,
): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < (isFull ? 30 : 12); round++) {
    signal.throwIfAborted()
    times.push(await rollBackByClick(real, page))
  }
  log(`${times.length} rollbacks by click.`)
  return times
}

/** From the click in the dialog to the moment at which the journal says that nginx confirmed the move. */
async function rollBackByClick(real: RealSystem, page: Page): Promise<number> {
  const before = await real.status()
  const target = before.routing.live === 'primary' ? 'secondary' : 'primary'
  await page.getByRole('button', { name: 'Roll back…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Roll back' })
  const confirm = dialog.getByRole('button', { name: /^Roll back from .+ to .+/ })
  await confirm.click({ trial: true })
  const clickedAt = await confirm.evaluate((button) => {
    const at = Date.now()
    if (button instanceof HTMLElement) button.click()
    return at
  })
  const tile = page.getByRole('article', { name: target })
  await tile.getByText('Live', { exact: true }).waitFor()
  await dialog.waitFor({ state: 'hidden' })
  const { last } = await real.status()
  const confirmedAt = last?.steps.find(({ name }) => name === 'confirm')?.endedAt
  if (last?.id === before.last?.id) throw new Error('The click began no rollback.')
  return Date.parse(z.string().parse(confirmedAt)) - clickedAt
}

function rollbackTable(times: readonly number[]): Table {
  const medianMs = median(times)
  return {
    title: 'Rollback from the click in a browser to confirmed through nginx',
    columns: ['rollbacks', 'median', 'least', 'most'],
    rows: [
      [String(times.length), inWords(medianMs), inWords(Math.min(...times)), inWords(Math.max(...times))],
    ],
    targets: [
      {
        name: 'Rollback from the click (median)',
        limit: '≤ 300 ms',
        seen: inWords(medianMs),
        isMet: medianMs <= CLICK_LIMIT_MS,
        why: medianMs <= CLICK_LIMIT_MS ? null : UNKNOWN,
      },
    ],
    notes: [],
  }
}

async function measureRest(real: RealSystem, { log, signal }: BenchContext): Promise<Usage> {
  log('The director is left at rest, with the console open.')
  const director = await real.system.container('director')
  await usageOver(director, SETTLE_MS, signal)
  return usageOver(director, REST_MS, signal)
}

function restTable({ corePercent, memoryMb, shownMb }: Usage): Table {
  const memory = `${memoryMb.toFixed(0)} MB`
  const cpu = `${corePercent.toFixed(2)} %`
  return {
    title: 'The director at rest, with a console open in a browser',
    columns: ['memory', 'memory with page cache', 'of one core'],
    rows: [[memory, `${shownMb.toFixed(0)} MB`, cpu]],
    targets: [
      {
        name: 'Memory of the director at rest',
        limit: '≤ 120 MB',
        seen: memory,
        isMet: memoryMb <= REST_LIMIT.memoryMb,
        why: memoryMb <= REST_LIMIT.memoryMb ? null : UNKNOWN,
      },
      {
        name: 'CPU of the director at rest',
        limit: '≤ 1 % of a core',
        seen: cpu,
        isMet: corePercent <= REST_LIMIT.corePercent,
        why: corePercent <= REST_LIMIT.corePercent ? null : UNKNOWN,
      },
    ],
    notes: [
      `Memory is what the director and the kernel hold for it. \`docker stats\` adds page cache, here of the static files that it has just published, until the kernel needs it for something else. CPU is over ${REST_MS / 1000} s.`,
    ],
  }
}
