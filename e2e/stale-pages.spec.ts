import { expect, test } from '@playwright/test'
import { z } from 'zod'
import { e2eSystem } from './e2e-system.ts'
import { openTab } from './open-tab.ts'
import { type Build, deploy, rollBack, statusOf, twoBuilds } from './two-builds.ts'

const system = e2eSystem()

/** One of each kind of page that Next or a browser may keep, and one that nobody keeps. */
const PAGES = ['/skew/static', '/skew/isr', '/skew/cached', '/skew'] as const
const AHEAD = ['/skew/static', '/skew/isr'] as const
const WAYS = { document: { accept: 'text/html' }, RSC: { rsc: '1' } } as const
const IN_A_ROW = 25

test.describe.configure({ mode: 'serial' })

let builds: { a: Build; b: Build }

test.beforeAll(async () => {
  builds = await twoBuilds()
  await deploy(builds.a)
  await expectEverywhere(builds.a, builds.b)
})

async function ask(
  path: string,
  way: keyof typeof WAYS,
): Promise<{ body: string; cacheControl: string | null }> {
  const response = await fetch(`${system.url}${path}`, { headers: WAYS[way] })
  expect(response.status).toBe(200)
  return { body: await response.text(), cacheControl: response.headers.get('cache-control') }
}

/** Every page, both as a document and as what a link fetches, at the first request and at those after it. */
async function expectEverywhere(now: Build, before: Build): Promise<void> {
  for (const path of PAGES) {
    for (const way of ['document', 'RSC'] as const) {
      for (let turn = 1; turn <= IN_A_ROW; turn++) {
        const { body } = await ask(path, way)
        expect(body.includes(now.id), `${path} as ${way}, request ${turn}`).toBe(true)
        expect(body.includes(before.id), `${path} as ${way}, request ${turn}`).toBe(false)
      }
    }
  }
}

function renderedAt(body: string): number {
  return Number(z.string().parse(/data-testid="rendered-at">(\d+)</.exec(body)?.[1]))
}

test('what a slot keeps is made before visitors come to it', async ({ browser }) => {
  const tab = await openTab(browser, `${system.url}/skew/static`)
  await deploy(builds.b)
  const pages = await Promise.all([ask('/skew/isr', 'document'), ask('/skew/cached', 'document')])
  const { last } = await statusOf(system)
  const began = (name: string) =>
    Date.parse(z.string().parse(last?.steps.find((step) => step.name === name)?.startedAt))
  for (const { body } of pages) {
    expect(body).toContain(builds.b.id)
    expect(renderedAt(body)).toBeGreaterThan(began('start'))
    expect(renderedAt(body)).toBeLessThan(began('switch'))
  }
  await tab.page.goto(`${system.url}/skew/static`)
  await expect(tab.page.getByTestId('page-build')).toHaveText(builds.b.id)
  await tab.close()
})

test('after a switch no page is of the build before', () => expectEverywhere(builds.b, builds.a))

test('after a rollback no page is of the build that was rolled back', async () => {
  await rollBack()
  await expectEverywhere(builds.a, builds.b)
})

test('a cache in front has to ask again for every page that Next keeps', async () => {
  for (const path of AHEAD) {
    for (const way of ['document', 'RSC'] as const) {
      const { cacheControl } = await ask(path, way)
      expect(cacheControl, `${path} as ${way}`).toBe('public, max-age=0, must-revalidate')
    }
  }
})

/** Its root file system is read-only: Next keeps what it renders again in memory. */
test('a slot renders pages again without writing to its disk', async () => {
  const { routing } = await statusOf(system)
  const container = await system.container(`runtime_${routing.live}`)
  const seen = renderedAt((await ask('/skew/isr', 'document')).body)
  await expect
    .poll(async () => renderedAt((await ask('/skew/isr', 'document')).body), { timeout: 30_000 })
    .toBeGreaterThan(seen)
  const log = await container.logs({ stdout: true, stderr: true })
  expect(log.toString('utf8')).not.toMatch(/EROFS|read-only|Failed to/i)
})
