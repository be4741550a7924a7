import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { setupLinkSchema, systemStatusSchema } from '../src/director/protocol.ts'
import { e2eSystem } from './e2e-system.ts'

const system = e2eSystem()
const GRACE = { name: 'Grace', email: 'grace@example.org', password: 'another long password' } as const
const PAGES = ['/ops', '/ops/releases', '/ops/releases/1'] as const

test.describe.configure({ mode: 'serial' })

let signedIn: Awaited<ReturnType<BrowserContext['storageState']>>

/** This file comes first in the alphabet, and so on a system that has no operator yet. */
test.beforeAll(async ({ browser }) => {
  const { path } = await system.director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${system.url}${path}`)
  await expect(page.getByRole('heading', { name: 'Create the first operator' })).toBeVisible()
  await page.getByLabel('Your name').fill(GRACE.name)
  await page.getByLabel('Email address').fill(GRACE.email)
  await page.getByLabel('Password').fill(GRACE.password)
  await page.getByRole('button', { name: /^Create the/ }).click()
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
  signedIn = await context.storageState()
  await context.close()
})

async function open(page: Page, path = '/ops'): Promise<void> {
  await page.context().addCookies(signedIn.cookies)
  await page.goto(`${system.url}${path}`)
}

async function status() {
  return system.director.call(systemStatusSchema, '/v1/status')
}

test('a page asked for while signed out comes after signing in', async ({ page }) => {
  await page.goto(`${system.url}/ops/releases`)
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('Enter an email address.')).toBeVisible()
  await expect(page.getByLabel('Email address')).toBeFocused()
  await page.getByLabel('Email address').fill(GRACE.email)
  await page.getByLabel('Password').fill(GRACE.password)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Releases', level: 1 })).toBeVisible()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.goto(`${system.url}/ops`)
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})

test('signing in leads to a page of the console and nowhere else', async ({ page }) => {
  await open(page, '/ops/sign-in?next=//evil.example/ops')
  await expect(page).toHaveURL(`${system.url}/ops`)
})

test('the director is asked for every verb, whoever holds the page', async ({ request }) => {
  const answer = await request.post(`${system.url}/api/ops/rollback`, {
    data: {},
    headers: { origin: system.url },
  })
  expect(answer.status()).toBe(401)
  expect((await answer.json()).error.what).toBe('You are not signed in.')
})

test('no other site can frame the console', async ({ request }) => {
  for (const path of ['/ops/sign-in', '/ops/setup']) {
    const headers = (await request.get(`${system.url}${path}`)).headers()
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['x-frame-options']).toBe('DENY')
  }
})

test('the tiles show what the director knows', async ({ page }) => {
  await open(page)
  const { slots } = await status()
  for (const slot of [slots.primary, slots.secondary]) {
    const tile = page.getByRole('article', { name: slot.slot })
    await expect(tile).toContainText(slot.role, { ignoreCase: true })
    await expect(tile).toContainText(slot.version ?? 'no build')
    await expect(tile).toContainText('Operational')
    await expect(tile.getByRole('meter', { name: 'Memory' })).toHaveAttribute('aria-valuetext', / of /)
  }
})

test('a dialog is used by keyboard alone and gives the focus back', async ({ page }) => {
  await open(page)
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  const opener = page.getByRole('button', { name: 'Deploy…' })
  await opener.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Deploy' })
  await expect(dialog.getByRole('radio', { name: 'Working tree' })).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(dialog.getByRole('radio', { name: 'Git ref' })).toBeChecked()
  await page.keyboard.press('Tab')
  await page.keyboard.type('no-such-ref')
  await expect(dialog.getByText('The project has no git ref "no-such-ref".')).toBeVisible()
  const confirm = dialog.getByRole('button', { name: /^Deploy ref no-such-ref to / })
  await expect(confirm).toBeDisabled()
  await expect(confirm).toHaveAccessibleDescription('A check refuses this release.')
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(opener).toBeFocused()
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page fits a phone, ${colorScheme}`, async ({ browser }) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 844 } })
    const page = await context.newPage()
    for (const path of PAGES) {
      await open(page, path)
      await expect(page.getByRole('link', { name: 'Switchyard' })).toBeVisible()
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(excess, path).toBeLessThanOrEqual(0)
    }
    await context.close()
  })
}

test('a tab that outlived its build still rolls back', async ({ page }) => {
  await open(page)
  let unknownActions = 0
  await page.route('**/ops', async (route) => {
    const headers = route.request().headers()
    if (headers['next-action'] === undefined) return route.continue()
    const answer = await route.fetch({ headers: { ...headers, 'next-action': '7f'.padEnd(42, '0') } })
    if (answer.headers()['x-nextjs-action-not-found'] === '1') unknownActions += 1
    await route.fulfill({ response: answer })
  })
  const before = (await status()).routing.live
  await page.getByRole('button', { name: 'Roll back…' }).click()
  await page
    .getByRole('dialog', { name: 'Roll back' })
    .getByRole('button', { name: /^Roll back from/ })
    .click()
  await expect.poll(async () => (await status()).routing.live).not.toBe(before)
  await expect(page.getByRole('region', { name: /^Roll back to/ })).toContainText('Succeeded')
  expect(unknownActions).toBe(1)
  const back = await system.cli('rollback')
  expect(back.code, back.output).toBe(0)
  await expect.poll(async () => (await status()).routing.live).toBe(before)
})

test('a release is followed step by step, refused a second time, and aborted', async ({ page, context }) => {
  await open(page)
  const before = (await status()).live?.image
  await page.getByRole('button', { name: 'Deploy…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Deploy' })
  await dialog.getByLabel('Version label (optional)').fill('aborted')
  await dialog.getByLabel('Note (optional)').fill('Never to be live')
  await dialog.getByRole('button', { name: /^Deploy aborted to / }).click()
  const release = page.getByRole('region', { name: /^Deploy aborted to/ })
  await expect(release).toBeFocused()
  await expect(release.getByRole('listitem').filter({ hasText: 'Build the image' })).toHaveAttribute(
    'aria-current',
    'step',
  )
  await expect(release.getByRole('region', { name: /^Log of release/ })).toContainText('#', {
    timeout: 60_000,
  })

  const other = await context.newPage()
  await open(other)
  const again = other.getByRole('button', { name: 'Deploy…' })
  await expect(again).toBeDisabled()
  await expect(again).toHaveAccessibleDescription(/^Release \d+ is under way\.$/)

  await release.getByRole('button', { name: 'Abort…' }).click()
  await page
    .getByRole('dialog', { name: /^Abort release/ })
    .getByRole('button', { name: /^Abort release/ })
    .click()
  await expect(release).toContainText('Aborted', { timeout: 60_000 })
  await expect(release).toContainText('The release was aborted by Grace.')
  expect((await status()).live?.image).toBe(before)
  await expect(page.getByRole('button', { name: 'Deploy…' })).toBeEnabled()
})

test('nginx is reloaded from the console', async ({ page }) => {
  await open(page)
  await page.getByRole('button', { name: 'Reload nginx' }).click()
  await expect(page.getByText(/^nginx was reloaded in .+; its new workers answer\.$/)).toBeVisible()
})

test('without the director the console says so, keeps what it saw, and comes back', async ({ page }) => {
  await open(page)
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
  const director = await system.container('director')
  await director.stop()
  try {
    await expect(page.getByText('The release director does not answer on its socket.')).toBeVisible()
    await expect(page.getByText(/^What stands below was seen .+ ago\./)).toBeVisible()
    await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Deploy…' })).toBeDisabled()
    const fresh = await page.request.get(`${system.url}/ops`)
    expect(fresh.status()).toBe(200)
  } finally {
    await director.start()
  }
  await expect(page.getByText('The release director does not answer on its socket.')).toBeHidden({
    timeout: 60_000,
  })
  await expect(page.getByRole('button', { name: 'Deploy…' })).toBeEnabled()
})
