import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { systemStatusSchema } from '../src/director/protocol.ts'
import { e2eSystem } from './e2e-system.ts'
import { signedUp } from './sign-up.ts'

const system = e2eSystem()

test.describe.configure({ mode: 'serial' })

let signedIn: Awaited<ReturnType<BrowserContext['storageState']>>

test.beforeAll(async ({ browser }) => {
  signedIn = (await signedUp(browser, 'Hedy')).state
  const { code, output } = await system.cli('unfreeze')
  expect(code, output).toBe(0)
})

async function open(page: Page): Promise<void> {
  await page.context().addCookies(signedIn.cookies)
  await page.goto(`${system.url}/ops`)
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
}

const status = () => system.director.call(systemStatusSchema, '/v1/status')
const bannerOf = (page: Page) => page.getByRole('status', { name: 'Freeze' })

test('deploys are frozen with a reason, which the refused are told, and the freeze is lifted by a dialog', async ({
  page,
}) => {
  await open(page)
  await expect(bannerOf(page)).toBeHidden()
  await page.getByRole('button', { name: 'Freeze deploys…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Freeze deploys by machines' })
  const confirm = dialog.getByRole('button', { name: 'Freeze deploys' })
  await expect(dialog.getByLabel('Reason')).toBeFocused()
  await expect(confirm).toHaveAccessibleDescription('Say why.')
  await dialog.getByLabel('Reason').fill('Christmas')
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await expect(bannerOf(page)).toContainText('Deploys by machines are frozen')
  await expect(bannerOf(page)).toContainText(/Hedy froze them .+: Christmas/)
  await expect(page).toHaveTitle(/ live, frozen · /)
  await expect(page.getByRole('button', { name: 'Freeze deploys…' })).toHaveAccessibleDescription(
    'They are frozen already.',
  )

  const refused = await system.cli('deploy')
  expect(refused.code, refused.output).toBe(77)
  expect(refused.output).toMatch(/^Deploys by machines are frozen by Hedy since .+ UTC: Christmas\.\n/)
  const planned = await system.cli('deploy', '--dry-run')
  expect(planned.code, planned.output).toBe(77)
  const shown = await system.cli('status')
  expect(shown.output).toMatch(/^! Deploys by machines are frozen by Hedy since .+ UTC: Christmas\.\n/)
  expect(shown.code).toBe(0)

  await page.getByRole('button', { name: 'Deploy…' }).click()
  const deploy = page.getByRole('dialog', { name: 'Deploy' })
  await expect(deploy.getByRole('status').first()).toContainText(
    /^Deploys by machines are frozen by Hedy since .+ UTC: Christmas\./,
  )
  const despite = deploy.getByRole('button', { name: /^Deploy the working tree to .+ all the same$/ })
  await expect(despite).toBeEnabled()
  await page.keyboard.press('Escape')

  const opener = bannerOf(page).getByRole('button', { name: 'Lift the freeze…' })
  await opener.click()
  const lift = page.getByRole('dialog', { name: 'Lift the freeze' })
  await expect(lift).toContainText('Hedy froze them')
  await expect(lift.getByRole('button', { name: 'Leave it frozen' })).toBeFocused()
  await lift.getByRole('button', { name: 'Lift the freeze' }).click()
  await expect(bannerOf(page)).toBeHidden()
  await expect(page.getByText('The freeze is lifted: machines may deploy again.')).toBeVisible()
  expect((await status()).freeze).toBeNull()
})

test('a rollback freezes in sight of whoever looks, also on a phone, and stands in the history as one', async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await open(page)
  const moved = await system.cli('rollback', '--note', 'The cart is empty')
  expect(moved.code, moved.output).toBe(0)
  const banner = bannerOf(page)
  await expect(banner).toContainText(/ rolled back .+ \(release \d+\): The cart is empty/)
  await expect(banner).toBeInViewport({ ratio: 1 })
  const { liveRelease } = await status()
  const row = page
    .getByRole('row')
    .filter({ has: page.getByRole('link', { name: `Release ${liveRelease}` }) })
  await expect(row).toContainText('Rollback')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  const back = await system.cli('rollback')
  expect(back.code, back.output).toBe(0)
  const lifted = await system.cli('unfreeze')
  expect(lifted.code, lifted.output).toBe(0)
  await expect(banner).toBeHidden()
})
