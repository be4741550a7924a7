import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from '@playwright/test'
import { reasonOf } from '../../src/release/errors.ts'
import { ACTS, type Act, navigate, type Tab } from './acts.ts'
import type { VisitorsBrowser } from './browser.ts'

/** Of all tabs since they were opened. */
export type TabCounts = {
  acts: number
  failed: number
  /** Loads that no visitor asked for: a tab whose build is gone does so once, and goes on. */
  reloads: number
  /** An error page, an error on the page or in its console, or a page that does nothing any more. */
  broken: number
}

export type Tabs = {
  counts(): TabCounts
  /**
   * Resolves when every tab has done so many acts, begun from now on, that one whose build is gone has loaded itself anew,
   * and one that is broken shows. After a while it does so all the same, as a broken tab takes its time.
   */
  settled(signal: AbortSignal): Promise<void>
  /** What failed and what broke, in words. */
  problems: readonly string[]
  stop(): Promise<void>
}

const PAUSE_MS = 500
/** One more than there are in a row that go on without the build: event stream, own fetch, lazy chunk. */
export const ACTS_TO_SETTLE = 4
const SETTLED_WITHIN_MS = 60_000
const POLL_MS = 100
const ACT_DEADLINE_MS = 20_000
const MAX_RELOADS_OF_ACT = 1

/** A tab that its visitor never loads anew stays with its build until the slot of that is reused. */
const ACTS_OF_OPEN_TAB = ACTS.filter(({ name }) => name !== 'refresh')

export const NOTHING_DONE: TabCounts = { acts: 0, failed: 0, reloads: 0, broken: 0 }

/** Tabs that act again and again, each of another visitor. */
export async function openTabs({ browser, url }: VisitorsBrowser, count: number): Promise<Tabs> {
  const record: Record = { counts: { ...NOTHING_DONE }, problems: [] }
  const halt = new AbortController()
  const tabs: WatchedTab[] = []
  for (let number = 0; number < count; number++) tabs.push(await openTab(browser, url, record))
  const ended = tabs.map((tab, index) => live(tab, index, record, halt.signal))
  return {
    counts: () => ({ ...record.counts }),
    settled: (signal) => settled(tabs, signal),
    problems: record.problems,
    stop: async () => {
      halt.abort()
      await Promise.all(ended)
      for (const { page } of tabs) await page.context().close()
    },
  }
}

type Record = { counts: TabCounts; problems: string[] }
/** `onReload` hears of the next load that no visitor asked for; `begun` and `done` are acts. */
type WatchedTab = Tab & {
  complaints: string[]
  begun: number
  done: number
  onReload(): void
  open(): Promise<void>
}

async function openTab(browser: Browser, url: string, { counts }: Record): Promise<WatchedTab> {
  // Each is a visitor of its own: a browser opens six connections to a site, and every tab's stream holds one.
  const page = await browser.newPage()
  page.setDefaultTimeout(ACT_DEADLINE_MS)
  let expected = 0
  const tab: WatchedTab = {
    page,
    complaints: [],
    begun: 0,
    done: 0,
    onReload: () => undefined,
    expectLoad: () => {
      expected++
    },
    open: async () => {
      expected++
      await page.goto(url)
      await page.getByTestId('load-chunk').waitFor()
    },
  }
  page.on('domcontentloaded', () => {
    if (expected > 0) expected--
    else {
      counts.reloads++
      tab.onReload()
    }
  })
  page.on('pageerror', (error) => tab.complaints.push(`the page threw ${error.message}`))
  page.on('crash', () => tab.complaints.push('the tab crashed'))
  page.on('console', (message) => {
    if (message.type() === 'error') tab.complaints.push(`its console says: ${message.text()}`)
  })
  await tab.open()
  return tab
}

async function live(tab: WatchedTab, index: number, record: Record, halt: AbortSignal): Promise<void> {
  const acts = index % 2 === 0 ? ACTS : ACTS_OF_OPEN_TAB
  for (let number = index; !halt.aborted; number++) {
    const act = acts[number % acts.length]
    tab.begun++
    if (act) await perform(tab, act, number, record)
    tab.done++
    await delay(PAUSE_MS, undefined, { signal: halt }).catch(() => undefined)
  }
}

async function settled(tabs: readonly WatchedTab[], signal: AbortSignal): Promise<void> {
  const goals = tabs.map(({ begun }) => begun + ACTS_TO_SETTLE)
  const endMs = performance.now() + SETTLED_WITHIN_MS
  const isDone = () => tabs.every(({ done }, index) => done >= (goals[index] ?? 0))
  while (!isDone() && performance.now() < endMs) await delay(POLL_MS, undefined, { signal })
}

/** A tab whose build is gone loads itself anew, and complains before that; the visitor then does the same again. */
async function perform(
  tab: WatchedTab,
  act: Act,
  number: number,
  { counts, problems }: Record,
): Promise<void> {
  counts.acts++
  let outcome = await attempt(tab, act, number)
  for (let turn = 0; outcome === 'reloaded' && turn < MAX_RELOADS_OF_ACT; turn++) {
    tab.complaints.length = 0
    outcome = await attempt(tab, act, number)
  }
  const problem = outcome === 'reloaded' ? 'it loaded itself anew twice' : outcome
  const complaints = tab.complaints.splice(0)
  if (problem === null && complaints.length === 0) return
  if (problem !== null) counts.failed++
  const isBroken = complaints.length > 0 || !(await isAlive(tab.page))
  const words = [...(problem === null ? [] : [problem]), ...complaints, ...(isBroken ? ['tab broken'] : [])]
  problems.push(`${new Date().toISOString()} ${act.name}: ${words.join('; ')}`)
  if (!isBroken) return
  counts.broken++
  await tab.open().catch((cause: unknown) => problems.push(`it could not be opened anew: ${reasonOf(cause)}`))
}

/** Null where the act was done, or what went wrong. Ends at once when the page loads itself anew. */
async function attempt(tab: WatchedTab, act: Act, number: number): Promise<string | null> {
  const reloaded = Promise.withResolvers<'reloaded'>()
  tab.onReload = () => reloaded.resolve('reloaded')
  const done = act.run(tab, number).then(
    () => null,
    (cause: unknown) => reasonOf(cause).split('\n')[0] ?? '',
  )
  return Promise.race([done, reloaded.promise])
}

const ERROR_PAGE = /This page failed|This page couldn’t load|can’t be shown right now/

async function isAlive(page: Page): Promise<boolean> {
  try {
    if ((await page.getByText(ERROR_PAGE).count()) > 0) return false
    await navigate(page, '/build', 'Build')
    await navigate(page, '/', 'Overview')
    return true
  } catch {
    // A page that does not do what its links say is dead, whatever the reason.
    return false
  }
}
