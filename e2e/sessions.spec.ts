import { expect, type Page, request, test } from '@playwright/test'
import { systemStatusSchema } from '../src/director/protocol.ts'
import { otherSlot } from '../src/release/slot.ts'
import { e2eSystem } from './e2e-system.ts'
import { type SignedUp, signedUp } from './sign-up.ts'

const system = e2eSystem()
const STOLEN = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'

test.describe.configure({ mode: 'serial' })

let lena: SignedUp

test.beforeAll(async ({ browser }) => {
  lena = await signedUp(browser, 'Lena')
})

async function open(page: Page, path: string): Promise<void> {
  await page.context().addCookies(lena.state.cookies)
  await page.goto(`${system.url}${path}`)
}

/** One more session of Lena's, as another browser has it. */
async function elsewhere() {
  const other = await request.newContext({
    baseURL: system.url,
    userAgent: STOLEN,
    extraHTTPHeaders: { origin: system.url },
  })
  const { email, password } = lena
  const answer = await other.post('/api/ops/auth/sign-in/email', { data: { email, password } })
  expect(answer.status(), await answer.text()).toBe(200)
  return other
}

test('one session and all others are ended by keyboard, and the keyboard keeps its place', async ({
  page,
}) => {
  const [one, two] = [await elsewhere(), await elsewhere()]
  await open(page, '/ops')
  await page.getByRole('navigation').getByRole('link', { name: 'Operators' }).click()
  const ofLena = page.getByRole('row').filter({ hasText: lena.email })
  await expect(ofLena).toHaveCount(3)
  await expect(ofLena.filter({ hasText: 'This one' })).toHaveCount(1)
  const foreign = ofLena.filter({ hasText: 'Firefox 145 on Linux' })
  await expect(foreign).toHaveCount(2)

  const opener = foreign.first().getByRole('button', { name: /^End the session of Lena/ })
  await opener.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'End a session of Lena' })
  await expect(dialog).toContainText(STOLEN)
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(opener).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect(dialog.getByRole('button', { name: 'End the session' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('status')).toContainText(/^The session of Lena.* has ended\.$/)
  await expect(page.getByRole('heading', { name: 'Sessions' })).toBeFocused()
  await expect(foreign).toHaveCount(1)

  await page.setViewportSize({ width: 390, height: 844 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  await page.getByRole('button', { name: 'End all others…' }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^End \d+ sessions?$/ })
    .click()
  await expect(page.getByRole('status')).toContainText(/sessions? ended\.$/)
  await expect(page.getByRole('button', { name: 'End all others…' })).toHaveAccessibleDescription(
    'There is no other session.',
  )
  for (const other of [one, two]) {
    expect((await other.get('/api/ops/status')).status()).toBe(401)
    await other.dispose()
  }
  expect((await page.request.get(`${system.url}/api/ops/status`)).status()).toBe(200)
})

test('a list of sessions that can not be read again says so', async ({ page }) => {
  await page.clock.install()
  let isLost = true
  await page.route('**/api/ops/sessions', (route) => (isLost ? route.abort() : route.continue()))
  await open(page, '/ops/operators')
  await expect(page.getByRole('row').filter({ hasText: 'This one' })).toBeVisible()
  const old = page.getByText('The sessions could not be read again; this list may be old.')
  await page.clock.runFor(11_000)
  await expect(old).toBeVisible()
  isLost = false
  await page.clock.runFor(30_000)
  await expect(old).toBeHidden()
})

test('a bar that ends all sessions tells what it did before it asks to sign in', async ({ page }) => {
  const build = { deploymentId: 'b9-0000000', version: '0.9.0' }
  const sent: unknown[] = []
  await page.route('**/api/ops/status', async (route) => {
    if (sent.length > 0) return route.fulfill({ status: 401, json: {} })
    const response = await route.fetch()
    const seen = systemStatusSchema.parse(await response.json())
    Object.assign(seen.slots[otherSlot(seen.routing.live ?? 'primary')], build, { role: 'standby' })
    await route.fulfill({ response, json: seen })
  })
  await page.route(/\/api\/ops\/bar\b/, async (route) => {
    sent.push(route.request().postDataJSON())
    const actor = { kind: 'operator', name: lena.name } as const
    const bar = { ...build, reason: null, actor, at: new Date().toISOString() }
    const where = { slot: 'secondary', isInReach: false, live: '1.0.0', tookMs: 30 } as const
    await route.fulfill({ json: { ...build, bar, isChange: true, ...where, sessionsEnded: 4 } })
  })
  // The page's own way to the director is lost, so that the verb takes the one that is scripted.
  await page.route('**/ops', (route) =>
    route.request().headers()['next-action'] === undefined ? route.continue() : route.abort(),
  )
  await open(page, '/ops')
  // What the server rendered shows the build that stands there in fact; the scripted one comes with the first look.
  await expect(page.getByRole('article').getByText(build.version, { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Bar this build…', exact: true }).click()
  const dialog = page.getByRole('dialog')
  const choice = dialog.getByLabel('End all sessions of all operators')
  await expect(choice).not.toBeChecked()
  await expect(choice).toHaveAccessibleDescription(/You have to sign in again too\./)
  await choice.focus()
  await page.keyboard.press('Space')
  await dialog.getByRole('button', { name: 'Bar 0.9.0', exact: true }).click()
  await expect(dialog).toContainText('All operators sign in anew: 4 sessions have ended.')
  expect(sent).toEqual([{ build: build.deploymentId, reason: '', endSessions: true }])
  await expect(dialog.getByRole('button', { name: 'Sign in again' })).toBeFocused()
  await page.context().clearCookies()
  await page.keyboard.press('Enter')
  await expect(page.getByText('Your session has ended. Sign in again to go on.')).toBeVisible()
})
