import { type Browser, expect, test } from '@playwright/test'
import { ACTS, type Act, type End, type Outcome } from './acts.ts'
import { afterWork, type Work } from './after-work.ts'
import { e2eSystem } from './e2e-system.ts'
import { edit } from './edit.ts'
import { LATER_DOCUMENT, openTab, type Tab } from './open-tab.ts'
import { type Build, deploy, succeed, twoBuilds } from './two-builds.ts'

const system = e2eSystem()

test.describe.configure({ mode: 'serial' })

let builds: { a: Build; b: Build }
let inTime: Map<string, Tab>
let unruled: Map<string, Tab>
let late: Map<string, Tab>
let unguarded: Map<string, Tab>
let work: Work

/** Every tab is opened on the first build, one for an act; then the second build goes live in the other slot. */
test.beforeAll(async ({ browser }) => {
  builds = await twoBuilds()
  const slot = await deploy(builds.a)
  inTime = await openTabs(browser, ACTS)
  unruled = await openTabs(browser, ACTS)
  late = await openTabs(browser, ACTS)
  unguarded = await openTabs(browser, ACTS.filter(needsGuard))
  work = await afterWork(slot, builds.a)
  await work.begin('begun before the switch')
  await deploy(builds.b)
})

test.afterAll(async () => {
  work.end()
  for (const tabs of [inTime, unruled, late, unguarded]) for (const tab of tabs.values()) await tab.close()
})

test.describe('while the build of a tab runs in the other slot', () => {
  for (const act of ACTS) {
    test(`${act.name}: ${inWords(act.whileItRuns)}`, async () => {
      const tab = tabOf(inTime, act)
      expect(await end(tab, await act.act(tab.page))).toEqual(act.whileItRuns)
      expect(tab.errors).toEqual([])
    })
  }

  test('no tab was loaded anew later', async () => {
    for (const act of ACTS) expect(tabOf(inTime, act).loads(), act.name).toBe(act.whileItRuns.loads)
  })
})

/** Where nginx learns which build a request is of: the slot, the file on disk and the kept image all follow from it. */
const ID_RULE = '  "" $id_by_query;\n  "~^[A-Za-z0-9_-]{1,64}$" $http_x_deployment_id;\n'

/** Shows that each row above can fail. */
test.describe('with the routing rule taken out', () => {
  let putBack: () => void

  test.beforeAll(async () => {
    putBack = edit('nginx/request.conf', (source) => source.replace(ID_RULE, ''))
    await succeed(system, 'reload')
  })

  test.afterAll(async () => {
    putBack()
    await succeed(system, 'reload')
  })

  for (const act of ACTS) {
    test(`${act.name}: ${inWords(act.withoutRule)}`, async () => {
      const tab = tabOf(unruled, act)
      const seen = await end(tab, await act.act(tab.page))
      expect(seen).not.toEqual(act.whileItRuns)
      expect(seen).toEqual(act.withoutRule)
    })
  }
})

test.describe('once the slot of a tab was reused', () => {
  test.beforeAll(async () => {
    for (const tab of [...inTime.values(), ...unruled.values()]) await tab.close()
    await work.begin('begun before the slot was reused')
    await deploy(builds.b)
  })

  test('what after() had begun was finished', () => {
    expect(work.finished()).toEqual([
      `begun before the switch was finished by ${builds.a.id}`,
      `begun before the slot was reused was finished by ${builds.a.id}`,
    ])
  })

  for (const act of ACTS) {
    test(`${act.name}: ${inWords(act.afterReuse)}`, async () => {
      const tab = tabOf(late, act)
      expect(await end(tab, await act.act(tab.page))).toEqual(act.afterReuse)
      await act.alsoAfterReuse?.(tab.page)
    })
  }

  test('no tab was loaded anew a second time', async () => {
    for (const act of ACTS) expect(tabOf(late, act).loads(), act.name).toBe(act.afterReuse.loads)
  })

  for (const act of ACTS.filter(needsGuard)) {
    test(`${act.name}, without the guard: the page fails`, async () => {
      const tab = tabOf(unguarded, act)
      await tab.page.evaluate(() => sessionStorage.setItem('switchyard:reloaded', String(Date.now())))
      await act.act(tab.page)
      await expect(tab.page.getByRole('heading', { name: 'This page failed' })).toBeVisible()
      expect(tab.loads()).toBe(0)
    })
  }
})

/** Two of those that the guard is for; for navigations Next itself loads the page anew. */
function needsGuard({ name }: Act): boolean {
  return /^a form$|the next build has not$/.test(name)
}

async function openTabs(browser: Browser, acts: readonly Act[]): Promise<Map<string, Tab>> {
  const tabs = new Map<string, Tab>()
  for (const { name, hasJavaScript } of acts) {
    tabs.set(name, await openTab(browser, `${system.url}/skew`, { hasJavaScript }))
  }
  return tabs
}

function tabOf(tabs: ReadonlyMap<string, Tab>, { name }: Act): Tab {
  const tab = tabs.get(name)
  if (!tab) throw new Error(`No tab was opened for ${name}.`)
  return tab
}

/** Waits for what comes of an act: its outcome, or another document in its place. */
async function end(tab: Tab, outcome: Outcome): Promise<End> {
  let by = ''
  await expect(async () => {
    by = (await outcome(tab.page)) || (await laterBuild(tab))
    expect(by).not.toBe('')
  }).toPass({ timeout: 15_000, intervals: [50] })
  return { by: nameOf(by), loads: tab.loads() }
}

async function laterBuild({ page }: Tab): Promise<string> {
  const [build] = await page.locator(LATER_DOCUMENT).getByTestId('page-build').allTextContents()
  return build ?? ''
}

function nameOf(by: string): End['by'] {
  if (by === 'nobody') return by
  if (by === builds.a.id) return 'its build'
  if (by.startsWith(builds.b.id)) return 'the live build'
  throw new Error(`Nobody knows the build ${by}.`)
}

function inWords({ by, loads }: End): string {
  const who = by === 'nobody' ? 'nobody answers' : `${by} answers`
  return loads === 0 ? `${who}, and the page stays` : `${who}, after ${loads} load`
}
