import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { logLineSchema, setupLinkSchema, systemStatusSchema } from '../src/director/protocol.ts'
import type { Bar, BarOutcome } from '../src/release/bar.ts'
import { otherSlot } from '../src/release/slot.ts'
import { statusPayloadSchema } from '../src/release/status-payload.ts'
import { e2eSystem, isKept, PRINTED_LINK } from './e2e-system.ts'

const system = e2eSystem()
const GRACE = { name: 'Grace', email: 'grace@example.org', password: 'another long password' } as const
const PAGES = ['/ops', '/ops/releases', '/ops/releases/1', '/ops/builds', '/ops/operators'] as const

test.describe.configure({ mode: 'serial' })

let signedIn: Awaited<ReturnType<BrowserContext['storageState']>>

/** This file comes first in the alphabet, and so on a system that has no operator yet. */
test.beforeAll(async ({ browser }) => {
  const path = isKept ? await newLink() : process.env[PRINTED_LINK]
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${system.url}${path}`)
  const title = isKept ? /^Create/ : 'Create the first operator'
  await expect(page.getByRole('heading', { name: title })).toBeVisible()
  await page.getByLabel('Your name').fill(GRACE.name)
  await page.getByLabel('Email address').fill(GRACE.email)
  await page.getByLabel('Password').fill(GRACE.password)
  await page.getByRole('button', { name: /^Create the/ }).click()
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
  signedIn = await context.storageState()
  await context.close()
})

async function newLink(): Promise<string> {
  return (await system.director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })).path
}

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

test('a monitor is answered by GET and by HEAD, and nobody keeps the answer', async ({ request }) => {
  const { slots } = await status()
  for (const base of [system.url, slots.primary.address, slots.secondary.address]) {
    const got = await request.get(`${base}/api/system/status`)
    expect(statusPayloadSchema.parse(await got.json()).status).toBe('operational')
    const head = await request.head(`${base}/api/system/status`)
    for (const answer of [got, head]) {
      expect(answer.status()).toBe(200)
      expect(answer.headers()['cache-control']).toBe('no-store')
    }
  }
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
  // The console itself is no traffic of any slot.
  await page.request.get(system.url)
  const live = page.getByRole('article', { name: (await status()).routing.live ?? '' })
  await expect(live).toContainText(/Requests\d+(\.\d)?\/sp50\d+ ms.*\d+ in the last minute · /)
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

test('the builds are told with why they stay, and there is nothing to prune', async ({ page }) => {
  await open(page, '/ops/builds')
  await expect(page.getByRole('heading', { name: 'Builds', level: 1 })).toBeVisible()
  const { live } = await status()
  const row = page.getByRole('row').filter({ hasText: /Visitors get it from (primary|secondary)\./ })
  await expect(row).toContainText(live?.version ?? '')
  await expect(row).toContainText('Stays')
  await expect(page.getByRole('button', { name: 'Prune now…' })).toHaveAccessibleDescription(
    'Nothing is to go now.',
  )
})

const LONG_IMAGE = `registry.example.org/a-team/an-app@sha256:${'0123456789abcdef'.repeat(4)}`

const excessOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)

async function isDark(page: Page, selector: string): Promise<boolean> {
  const colour = await page
    .locator(selector)
    .first()
    .evaluate((element) => getComputedStyle(element).backgroundColor)
  const [red = 255, green = 255, blue = 255] = (colour.match(/[\d.]+/g) ?? []).map(Number)
  return red + green + blue < 3 * 128
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page fits a phone, ${colorScheme}`, async ({ browser }) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 844 } })
    const page = await context.newPage()
    for (const path of PAGES) {
      await open(page, path)
      await expect(page.getByRole('link', { name: 'Switchyard' })).toBeVisible()
      expect(await excessOf(page), path).toBeLessThanOrEqual(0)
      expect(await isDark(page, 'html'), path).toBe(colorScheme === 'dark')
    }
    await open(page)
    await page.getByRole('button', { name: 'Deploy…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Deploy' })
    await dialog.getByRole('radio', { name: 'Image' }).check()
    await dialog.getByRole('textbox', { name: 'Image' }).fill(LONG_IMAGE)
    await expect(dialog.getByText('There is no image')).toBeVisible()
    const confirm = dialog.getByRole('button', { name: /^Deploy image/ })
    const { x, width } = (await confirm.boundingBox()) ?? { x: -1, width: 0 }
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x + width).toBeLessThanOrEqual(390)
    expect(await confirm.evaluate((button) => button.scrollWidth - button.clientWidth)).toBeLessThanOrEqual(0)
    expect(await isDark(page, 'dialog')).toBe(colorScheme === 'dark')
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

  const id = (await status()).running?.id ?? 0
  const astray = await page.request.post(`${system.url}/api/ops/abort`, {
    headers: { origin: system.url },
    data: { release: id - 1 },
  })
  expect(astray.status()).toBe(409)
  expect((await astray.json()).error.what).toBe(
    `Release ${id - 1} is not under way any more; release ${id} is, and goes on.`,
  )

  await release.getByRole('button', { name: 'Abort…' }).click()
  await page
    .getByRole('dialog', { name: /^Abort release/ })
    .getByRole('button', { name: /^Abort release/ })
    .click()
  await expect(release).toContainText('Aborted', { timeout: 60_000 })
  await expect(release).toContainText('The release was aborted by Grace.')
  await expect(release).toBeFocused()
  expect((await status()).live?.image).toBe(before)
  await expect(page.getByRole('button', { name: 'Deploy…' })).toBeEnabled()
})

test('a release that began and ended unseen takes the place of the one on screen', async ({ page }) => {
  let isUnseen = false
  await page.route('**/api/ops/status', (route) => (isUnseen ? route.abort() : route.continue()))
  await open(page)
  await page.getByRole('button', { name: 'Roll back…' }).click()
  await page
    .getByRole('dialog', { name: 'Roll back' })
    .getByRole('button', { name: /^Roll back from/ })
    .click()
  const release = page.getByRole('region', { name: /^Roll back to/ })
  await expect(release).toContainText('Succeeded')
  const { last } = await status()
  isUnseen = true
  const back = await system.cli('rollback')
  expect(back.code, back.output).toBe(0)
  isUnseen = false
  await expect(release).toContainText(`Release ${(last?.id ?? 0) + 1}`)
})

test('what visitors get can not be barred, and its release says why', async ({ page }) => {
  const { liveRelease, live } = await status()
  await open(page, `/ops/releases/${liveRelease}`)
  const button = page.getByRole('button', { name: 'Bar this build…', exact: true })
  await expect(button).toBeDisabled()
  await expect(button).toHaveAccessibleDescription(
    `${live?.version} (${live?.deploymentId}) is what visitors get, so it can not be barred.`,
  )
})

/** The standby as if it held 0.9.0, with a director that bars it. Answers with what it was sent. */
async function scriptBars(page: Page): Promise<unknown[]> {
  const build = { deploymentId: 'b9-0000000', version: '0.9.0' }
  const sent: unknown[] = []
  let bar: Bar | null = null
  const outcome = async (): Promise<BarOutcome> => {
    const { routing, live } = await status()
    const slot = otherSlot(routing.live ?? 'primary')
    return {
      ...{ ...build, bar, isChange: true, slot, isInReach: bar === null },
      ...{ live: live?.version ?? null, tookMs: 30 },
    }
  }
  await page.route('**/api/ops/status', async (route) => {
    const response = await route.fetch()
    const seen = systemStatusSchema.parse(await response.json())
    const standby = seen.slots[otherSlot(seen.routing.live ?? 'primary')]
    Object.assign(standby, build, { role: bar === null ? 'standby' : 'idle', barred: bar })
    await route.fulfill({ response, json: { ...seen, barred: bar === null ? [] : [bar] } })
  })
  await page.route(/\/api\/ops\/(un)?bar\b/, async (route) => {
    const body = route.request().postDataJSON()
    sent.push(body)
    const isBar = !route.request().url().includes('unbar')
    const actor = { kind: 'operator', name: 'Grace' } as const
    bar = isBar ? { ...build, reason: body.reason, actor, at: new Date().toISOString() } : null
    await route.fulfill({ json: await outcome() })
  })
  // The page's own way to the director is lost, so that the verb takes the one that is scripted.
  await page.route('**/ops', (route) =>
    route.request().headers()['next-action'] === undefined ? route.continue() : route.abort(),
  )
  return sent
}

test('a build is barred by a dialog that says what becomes of its tabs, and unbarred by another', async ({
  page,
}) => {
  const sent = await scriptBars(page)
  await open(page)
  const { routing, live } = await status()
  const slot = otherSlot(routing.live ?? 'primary')
  const tile = page.getByRole('article', { name: slot })
  const opener = tile.getByRole('button', { name: 'Bar this build…', exact: true })
  await expect(tile).toContainText('b9-0000000')
  await opener.click()
  const dialog = page.getByRole('dialog', { name: 'Bar 0.9.0', exact: true })
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await expect(dialog).toContainText('0.9.0, build b9-0000000')
  await expect(dialog).toContainText(
    `Tabs that are open on 0.9.0 are moved to ${live?.version} at their next request: they load the page once.`,
  )
  await expect(dialog).toContainText(
    `A stream that is open on 0.9.0 goes on until ${slot} is reused or stopped.`,
  )
  await dialog.getByLabel('Reason (optional)').fill('CVE-2026-1234')
  await dialog.getByRole('button', { name: 'Bar 0.9.0', exact: true }).click()
  await expect(dialog).toBeHidden()
  await expect(
    page.getByText(/^0\.9\.0 is barred\. Its open tabs get .+ at their next request; /),
  ).toBeVisible()
  await expect(tile.getByText('Barred', { exact: true })).toBeVisible()
  await expect(tile).toContainText('Barred by Grace')
  await expect(tile).toContainText('CVE-2026-1234')
  await expect(
    page.getByText(`0.9.0 on ${slot} is barred, so there is nothing to roll back to.`),
  ).toBeVisible()

  await tile.getByRole('button', { name: 'Unbar this build…' }).click()
  const back = page.getByRole('dialog', { name: 'Unbar 0.9.0' })
  await expect(back).toContainText('0.9.0 (b9-0000000) is barred by Grace since ')
  await expect(back).toContainText(`tabs that still run it go back to ${slot}.`)
  await back.getByRole('button', { name: 'Unbar 0.9.0' }).click()
  await expect(back).toBeHidden()
  await expect(opener).toBeEnabled()
  await expect(tile.getByText('Barred', { exact: true })).toBeHidden()
  expect(sent).toEqual([{ build: 'b9-0000000', reason: 'CVE-2026-1234' }, { build: 'b9-0000000' }])
})

test('what a bar did is told no longer than it is so', async ({ page }) => {
  await scriptBars(page)
  await open(page)
  await page.getByRole('button', { name: 'Bar this build…', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Bar 0.9.0', exact: true }).click()
  const notice = page.getByText(/^0\.9\.0 is barred\. Its open tabs get /)
  await expect(notice).toBeVisible()
  const badge = page.getByRole('article').getByText('Barred', { exact: true })
  await expect(badge).toBeVisible()
  await expect(notice).toBeVisible()
  await page.evaluate(() =>
    fetch('/api/ops/unbar', { method: 'POST', body: JSON.stringify({ build: 'b9-0000000' }) }),
  )
  await expect(badge).toBeHidden()
  await expect(notice).toBeHidden()
})

test('an old tab of the site says whether its build is still reached', async ({ page }) => {
  const { slot, release } = statusPayloadSchema.parse(
    await (await page.request.get(`${system.url}/api/system/status`)).json(),
  )
  const next = { slot: otherSlot(slot), release: release + 1, deploymentId: 'b9-0000000' }
  await page.route('**/api/system/status', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), ...next } })
  })
  let isReached = true
  await page.route('**/api/echo', (route) => (isReached ? route.continue() : route.fulfill({ json: next })))
  await page.goto(system.url)
  const notice = page.getByTestId('newer-release')
  await expect(notice).toContainText(`New visitors get release ${next.release} from the ${next.slot} slot.`)
  await expect(notice).toContainText(`This tab goes on with release ${release}.`)
  isReached = false
  await expect(notice).toContainText(`Release ${release} is not reached any more`)
  await expect(notice).not.toContainText('This tab goes on')
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

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Email address').fill(GRACE.email)
  await page.getByLabel('Password').fill(GRACE.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('what was typed outlives the session, and the page says why it wants a sign-in', async ({
  page,
  context,
}) => {
  await open(page)
  await page.getByRole('button', { name: 'Deploy…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Deploy' })
  await dialog.getByLabel('Note (optional)').fill('Typed before the session ended')
  await context.clearCookies()
  const notice = dialog.getByText('in a new tab, then go on here. Nothing that you entered is lost.')
  await expect(notice).toBeVisible()
  await expect(dialog.getByRole('button', { name: /^Deploy / })).toHaveAccessibleDescription(
    'Your session has ended.',
  )
  const [other] = await Promise.all([
    context.waitForEvent('page'),
    dialog.getByRole('link', { name: 'Sign in' }).click(),
  ])
  await signIn(other)
  await expect(other.getByRole('article', { name: 'primary' })).toBeVisible()
  await other.close()
  await expect(notice).toBeHidden()
  await expect(dialog.getByLabel('Note (optional)')).toHaveValue('Typed before the session ended')
  await expect(dialog.getByRole('button', { name: /^Deploy / })).toBeEnabled()
  await context.clearCookies()
  await page.keyboard.press('Escape')
  await expect(page.getByText('Your session has ended. Sign in again to go on.')).toBeVisible()
})

test('a release’s own page notices that the session has ended, and comes back after it', async ({ page }) => {
  let isRefused = true
  await page.route('**/api/ops/releases/1/events**', (route) =>
    isRefused ? route.fulfill({ status: 401, json: {} }) : route.continue(),
  )
  await open(page, '/ops/releases/1')
  await page.context().clearCookies()
  await expect(page.getByText('Your session has ended. Sign in again to go on.')).toBeVisible()
  isRefused = false
  await signIn(page)
  await expect(page).toHaveURL(`${system.url}/ops/releases/1`)
  await expect(page.getByText('Complete')).toBeVisible()
})

test('a rollback that was decided on while another release was live is refused', async ({
  page,
  request,
}) => {
  await open(page)
  const headers = { origin: system.url, cookie: cookieHeader() }
  const { liveRelease } = await status()
  await page.getByRole('button', { name: 'Roll back…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Roll back' })
  const confirm = dialog.getByRole('button', { name: /^Roll back from/ })
  await expect(confirm).toBeEnabled()
  const words = await confirm.textContent()
  const moved = await system.cli('rollback')
  expect(moved.code, moved.output).toBe(0)
  await expect(dialog.getByText(/^Release \d+ went live while this was open\./)).toBeVisible()
  await expect(confirm).toBeDisabled()
  await expect(confirm).toHaveAccessibleDescription('What this was opened on has changed.')
  expect(await confirm.textContent()).toBe(words)
  const now = (await status()).liveRelease
  const late = await request.post(`${system.url}/api/ops/rollback`, { headers, data: { from: liveRelease } })
  expect(late.status()).toBe(409)
  expect((await late.json()).error.what).toBe(
    `Release ${now} is live by now, not release ${liveRelease}, so this rollback was not begun.`,
  )
  const back = await request.post(`${system.url}/api/ops/rollback`, { headers, data: { from: now } })
  expect(back.status()).toBe(202)
  await expect.poll(async () => (await status()).running).toBeNull()
})

function cookieHeader(): string {
  return signedIn.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
}

test('checks without an answer are asked again', async ({ page }) => {
  await open(page)
  let isLost = true
  await page.route('**/api/ops/plan', (route) => (isLost ? route.abort() : route.continue()))
  await page.getByRole('button', { name: 'Deploy…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Deploy' })
  await expect(dialog.getByText('The console got no answer from its server.')).toBeVisible()
  await expect(dialog.getByText('The checks run again every few seconds.')).toBeVisible()
  isLost = false
  await expect(dialog.getByRole('region', { name: 'What will happen' })).toBeVisible()
})

test('a refusal is told also when its dialog was closed before it came', async ({ page }) => {
  await open(page)
  let closed: () => void = () => undefined
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve
  })
  await page.route('**/ops', async (route) => {
    if (route.request().headers()['next-action'] === undefined) return route.continue()
    await isClosed
    await route.abort()
  })
  await page.getByRole('button', { name: 'Deploy…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Deploy' })
  await dialog.getByRole('button', { name: /^Deploy the working tree to / }).click()
  await expect(dialog.getByRole('button', { name: 'Beginning…' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  closed()
  await expect(page.getByText('The answer to the deploy was lost on the way.')).toBeVisible()
})

test('a history that can not be read says so', async ({ page }) => {
  let isLost = false
  await page.route('**/api/ops/releases?**', (route) => (isLost ? route.abort() : route.continue()))
  await open(page)
  const { last } = await status()
  await expect(page.getByRole('link', { name: `Release ${last?.id}`, exact: true })).toBeVisible()
  isLost = true
  const moved = await system.cli('rollback')
  expect(moved.code, moved.output).toBe(0)
  await expect(page.getByText('The newest releases could not be read; this list may be old.')).toBeVisible()
  isLost = false
  await expect(page.getByText('The newest releases could not be read; this list may be old.')).toBeHidden()
  const back = await system.cli('rollback')
  expect(back.code, back.output).toBe(0)
})

/** Lines of a release's log as its stream sends them, from the one after `from` to `to`. */
function linesOf(from: number, to: number): string {
  const event = (offset: number) => {
    const line = logLineSchema.parse({
      offset,
      at: '2026-01-01T00:00:00.000Z',
      step: 'build',
      text: `line ${offset}`,
    })
    return `id: ${offset}\nevent: log\ndata: ${JSON.stringify(line)}\n\n`
  }
  const lines = Array.from({ length: to - from }, (_, index) => event(from + index + 1))
  return `retry: 300\n\n${lines.join('')}`
}

const streamed = (body: string) => ({ status: 200, contentType: 'text/event-stream', body })

test('the log follows its end also beyond the lines that it keeps, and in a window of another size', async ({
  page,
}) => {
  let asked = 0
  await page.route('**/api/ops/releases/1/events**', (route) => {
    asked += 1
    const [from, to] = asked === 1 ? [0, 2_500] : [2_500 + asked, 2_501 + asked]
    return asked > 5 ? route.fulfill(streamed('')) : route.fulfill(streamed(linesOf(from, to)))
  })
  await open(page, '/ops/releases/1')
  await expect(page.getByText('line 2500', { exact: true })).toBeInViewport()
  await expect(page.getByText('line 2505', { exact: true })).toBeInViewport()
  await expect(page.getByText('2000 lines')).toBeVisible()
  const box = page.getByRole('region', { name: /^Log of release/ })
  const toEnd = () =>
    box.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 700 })
    await expect.poll(toEnd).toBeLessThanOrEqual(1)
  }
})

test('a log is as high as its lines, up to a most', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  let count = 2
  await page.route('**/api/ops/releases/1/events**', (route) => route.fulfill(streamed(linesOf(0, count))))
  const heightOf = async () => {
    await open(page, '/ops/releases/1')
    await expect(page.getByText(`line ${count}`, { exact: true })).toBeVisible()
    return page.getByRole('region', { name: /^Log of release/ }).evaluate((element) => element.clientHeight)
  }
  expect(await heightOf()).toBeLessThan(100)
  count = 200
  expect(await heightOf()).toBe(320)
})

test('a version is not broken where it fits a line', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  const version = '0.1.0-c8ee4f6'
  await page.route('**/api/ops/status', async (route) => {
    const response = await route.fetch()
    const seen = systemStatusSchema.parse(await response.json())
    await route.fulfill({ response, json: { ...seen, live: seen.live && { ...seen.live, version } } })
  })
  await open(page)
  const shown = page.getByRole('heading', { level: 1 }).getByText(version, { exact: true }).last()
  await expect(shown).toBeVisible()
  expect((await shown.boundingBox())?.height).toBeLessThan(40)
})

test('while the live slot hangs, one signs in and rolls back in a browser', async ({ page, browser }) => {
  await open(page)
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
  const before = await status()
  const { live } = before.routing
  const hanging = await system.container(`runtime_${live}`)
  // The kernel may refuse to freeze a process that is just being forked.
  await expect(() => hanging.pause()).toPass({ timeout: 15_000 })
  try {
    const tile = page.getByRole('article', { name: live ?? '' })
    await expect(tile).toContainText('Not answering', { timeout: 30_000 })
    await expect(tile).toContainText(before.live?.version ?? '')
    await expect(
      page.getByText(`${live} is live and does not answer: visitors may get errors.`),
    ).toBeVisible()
    const fresh = await (await browser.newContext()).newPage()
    await fresh.goto(`${system.url}/ops`)
    await signIn(fresh)
    await expect(fresh.getByRole('article', { name: 'primary' })).toBeVisible()
    await fresh.context().close()

    const opener = page.getByRole('button', { name: 'Roll back…' })
    await expect(opener).toBeEnabled()
    await opener.click()
    await page
      .getByRole('dialog', { name: 'Roll back' })
      .getByRole('button', { name: /^Roll back from/ })
      .click()
    await expect.poll(async () => (await status()).routing.live).not.toBe(live)
    const release = page.getByRole('region', { name: /^Roll back to/ })
    await expect(release).toContainText('Succeeded')
    await expect(release.getByText('Complete')).toBeVisible()
    expect((await page.request.get(system.url)).status()).toBe(200)
  } finally {
    await hanging.unpause()
  }
  await expect
    .poll(async () => (await status()).slots[live ?? 'primary'].health.state, { timeout: 60_000 })
    .toBe('operational')
  // The first request for this rollback waited in the paused slot, and must not undo anything now.
  expect((await status()).routing.live).not.toBe(live)
  const back = await system.cli('rollback')
  expect(back.code, back.output).toBe(0)
})
