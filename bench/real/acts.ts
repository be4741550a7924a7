import { createHash } from 'node:crypto'
import type { Page } from '@playwright/test'

/** An open tab. `expectLoad` is called before the visitor loads a page: any other load is the tab's own doing. */
export type Tab = { page: Page; expectLoad(): void }

/** What a visitor does in an open tab. Throws where the tab does not do it. */
export type Act = { name: string; run(tab: Tab, number: number): Promise<void> }

/** All that an open tab can do, in turn. */
export const ACTS: readonly Act[] = [
  { name: 'navigation', run: ({ page }) => navigate(page, '/build', 'Build') },
  { name: 'navigation', run: ({ page }) => navigate(page, '/request', 'Request') },
  { name: 'navigation', run: ({ page }) => navigate(page, '/', 'Overview') },
  { name: 'server action', run: ({ page }, number) => runAction(page, number) },
  { name: 'event stream', run: ({ page }) => awaitStream(page) },
  { name: 'own fetch', run: ({ page }) => fetchOwn(page) },
  { name: 'lazy chunk', run: loadChunk },
  { name: 'server action', run: ({ page }, number) => runAction(page, number) },
  { name: 'refresh', run: refresh },
]

export async function navigate(page: Page, path: string, name: string): Promise<void> {
  const link = page.getByRole('navigation', { name: 'Site' }).getByRole('link', { name })
  await link.click()
  await page.waitForURL((url) => url.pathname === path)
  await page.locator('nav a[aria-current=page]', { hasText: name }).waitFor()
  await page.locator('h1').waitFor()
}

async function runAction(page: Page, number: number): Promise<void> {
  const text = `act ${number}`
  await page.getByLabel('Text').fill(text)
  await page.getByRole('button', { name: 'Run' }).click()
  const sha256 = createHash('sha256').update(text).digest('hex')
  await page.getByTestId('digest-sha256').filter({ hasText: sha256 }).waitFor()
}

async function awaitStream(page: Page): Promise<void> {
  const signal = page.locator('[data-testid=signal-stream][data-slot]')
  await signal.filter({ hasNotText: 'Reconnecting' }).waitFor()
}

/** As with `fetchFromThisBuild`, which no part of the site calls. What new visitors get, the page itself asks all the time. */
async function fetchOwn(page: Page): Promise<void> {
  const statuses = await page.evaluate(async () => {
    const addresses = [...document.scripts].map(({ src }) => new URL(src, location.href))
    const id = addresses.map(({ searchParams }) => searchParams.get('dpl')).find((dpl) => dpl !== null)
    if (!id) throw new Error('its page does not say of which build it is')
    const headers = { 'x-deployment-id': id }
    const asked = await fetch('/api/system/status', { headers, cache: 'no-store' })
    const sent = await fetch('/api/echo', { headers, method: 'POST', body: 'x'.repeat(8_192) })
    await Promise.all([asked.text(), sent.text()])
    return [asked.status, sent.status]
  })
  if (statuses.some((status) => status !== 200))
    throw new Error(`its own fetch got ${statuses.join(' and ')}`)
}

/** The button is there once for each time that the page was loaded. */
async function loadChunk(tab: Tab): Promise<void> {
  const button = tab.page.getByTestId('load-chunk')
  if (!(await button.isVisible())) await refresh(tab)
  await button.click()
  await tab.page.getByTestId('chunk-build').waitFor()
}

async function refresh({ page, expectLoad }: Tab): Promise<void> {
  expectLoad()
  const answer = await page.reload()
  if (answer?.status() !== 200) throw new Error(`a refresh got ${answer?.status() ?? 'no answer'}`)
  await page.getByTestId('load-chunk').waitFor()
}
