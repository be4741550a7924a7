import type { Browser, Page } from '@playwright/test'

/** Finds something in a document that came after the one that the tab was opened with. */
export const LATER_DOCUMENT = 'html:not([data-opened])'

/** A tab with a browser profile of its own, so that no other tab has filled its cache. */
export type Tab = {
  page: Page
  /** How many documents it has loaded since it was opened. */
  loads(): number
  /** What its console called an error. */
  errors: readonly string[]
  close(): Promise<void>
}

export async function openTab(
  browser: Browser,
  url: string,
  { hasJavaScript = true }: { hasJavaScript?: boolean } = {},
): Promise<Tab> {
  const context = await browser.newContext({ javaScriptEnabled: hasJavaScript })
  const page = await context.newPage()
  await page.goto(url)
  await page.evaluate(() => document.documentElement.setAttribute('data-opened', ''))
  let loads = 0
  const errors: string[] = []
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) loads += 1
  })
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  return { page, loads: () => loads, errors, close: () => context.close() }
}
