import { randomUUID } from 'node:crypto'
import { type Browser, chromium, type Page } from '@playwright/test'
import { setupLinkSchema } from '../../src/director/protocol.ts'
import type { RealSystem } from './system.ts'

/** Debian's, as for the browser tests. */
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium'
const SHOWN_WITHIN_MS = 30_000

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
}

/** The console in a browser, with an operator signed in whom it makes for itself. */
export async function openConsole(browser: Browser, { system }: RealSystem): Promise<Page> {
  const { path } = await system.director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })
  const page = await browser.newPage()
  page.setDefaultTimeout(SHOWN_WITHIN_MS)
  await page.goto(`${system.url}${path}`)
  await page.getByLabel('Your name').fill('Bench')
  await page.getByLabel('Email address').fill(`bench-${randomUUID()}@example.org`)
  await page.getByLabel('Password').fill('a password for measuring')
  await page.getByRole('button', { name: /^Create the/ }).click()
  await page.getByRole('article', { name: 'primary' }).waitFor()
  return page
}
