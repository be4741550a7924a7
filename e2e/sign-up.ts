import { randomUUID } from 'node:crypto'
import type { Browser, BrowserContext } from '@playwright/test'
import { expect } from '@playwright/test'
import { setupLinkSchema } from '../src/director/protocol.ts'
import { e2eSystem } from './e2e-system.ts'

const system = e2eSystem()

export type SignedUp = {
  name: string
  email: string
  password: string
  state: Awaited<ReturnType<BrowserContext['storageState']>>
}

/** An operator of its own with one session, whose cookies are in `state`. */
export async function signedUp(browser: Browser, name: string): Promise<SignedUp> {
  const { path } = await system.director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })
  const email = `${name.toLowerCase()}-${randomUUID()}@example.org`
  const password = `the password of ${name}`
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${system.url}${path}`)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: /^Create the/ }).click()
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
  const state = await context.storageState()
  await context.close()
  return { name, email, password, state }
}
