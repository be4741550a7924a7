import { expect, test } from '@playwright/test'
import { setupLinkSchema } from '../src/director/protocol.ts'
import { e2eSystem, OPERATOR } from './e2e-system.ts'

const system = e2eSystem()

test.describe.configure({ mode: 'serial' })

test('a one-time link makes an operator, once', async ({ page }) => {
  const { path } = await system.director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })
  await page.goto(`${system.url}${path}`)
  await page.getByLabel('Your name').fill(OPERATOR.name)
  await page.getByLabel('Email address').fill(OPERATOR.email)
  await page.getByLabel('Password').fill('short')
  await page.getByRole('button', { name: /^Create the/ }).click()
  await expect(page.getByText('Use at least 12 characters.')).toBeVisible()
  await page.getByLabel('Password').fill(OPERATOR.password)
  await page.getByRole('button', { name: /^Create the/ }).click()
  await expect(page.getByRole('article', { name: 'primary' })).toContainText('live', { ignoreCase: true })
  await page.context().clearCookies()
  await page.goto('about:blank')
  await page.goto(`${system.url}${path}`)
  await expect(page.getByText('This set-up link has been used already.')).toBeVisible()
  await expect(page.getByText('switchyard setup-link')).toBeVisible()
  await expect(page.getByLabel('Your name')).toHaveCount(0)
  await expect(page.getByRole('link', { name: 'sign in' })).toHaveAttribute('href', '/ops/sign-in')
})

test('a wrong password is refused without saying what was wrong', async ({ page }) => {
  await page.goto(`${system.url}/ops`)
  await page.getByLabel('Email address').fill(OPERATOR.email)
  await page.getByLabel('Password').fill('not the password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('Email address or password is wrong.')).toBeVisible()
})
