import { randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { setupLinkSchema } from '../../src/director/protocol.ts'
import type { VisitorsBrowser } from './browser.ts'
import type { RealSystem } from './system.ts'

const SHOWN_WITHIN_MS = 30_000

/** The console in a browser, with an operator signed in whom it makes for itself. */
export async function openConsole({ browser, url }: VisitorsBrowser, { system }: RealSystem): Promise<Page> {
  const { path } = await system.director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })
  const page = await browser.newPage()
  page.setDefaultTimeout(SHOWN_WITHIN_MS)
  await page.goto(`${url}${path}`)
  await page.getByLabel('Your name').fill('Bench')
  await page.getByLabel('Email address').fill(`bench-${randomUUID()}@example.org`)
  await page.getByLabel('Password').fill('a password for measuring')
  await page.getByRole('button', { name: /^Create the/ }).click()
  await page.getByRole('article', { name: 'primary' }).waitFor()
  return page
}
