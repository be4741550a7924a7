import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { acceptedSchema, systemStatusSchema } from '../src/director/protocol.ts'
import { releaseSchema } from '../src/release/release.ts'
import { otherSlot } from '../src/release/slot.ts'
import { e2eSystem } from './e2e-system.ts'
import { signedUp } from './sign-up.ts'

const system = e2eSystem()

test.describe.configure({ mode: 'serial' })

let signedIn: Awaited<ReturnType<BrowserContext['storageState']>>

test.beforeAll(async ({ browser }) => {
  signedIn = (await signedUp(browser, 'Kim')).state
})

async function open(page: Page, path: string): Promise<void> {
  await page.context().addCookies(signedIn.cookies)
  await page.goto(`${system.url}${path}`)
}

/** What visitors get, which is kept for sure. */
async function liveBuild() {
  const { live, routing } = await system.director.call(systemStatusSchema, '/v1/status')
  if (live?.deploymentId == null || routing.live === null) throw new Error('No build is live.')
  return { build: live.deploymentId, version: live.version, target: otherSlot(routing.live) }
}

test('a kept build is deployed from the list of builds, by its version', async ({ page }) => {
  const { build, version, target } = await liveBuild()
  const sent: unknown[] = []
  const { release } = acceptedSchema.parse({
    release: await system.director.call(releaseSchema, '/v1/releases/1'),
  })
  await page.route('**/api/ops/deploy', (route) => {
    sent.push(route.request().postDataJSON())
    return route.fulfill({ status: 202, json: { release } })
  })
  // As where the page is of an older build: its verb is not known, and takes the way that is scripted.
  await page.route('**/ops/builds', (route) =>
    route.request().headers()['next-action'] === undefined
      ? route.continue()
      : route.fulfill({ status: 404, headers: { 'x-nextjs-action-not-found': '1' }, body: 'Not found.' }),
  )
  await open(page, '/ops/builds')
  const opener = page.getByRole('button', { name: `Deploy ${version} (${build})…` })
  await opener.click()
  const dialog = page.getByRole('dialog', { name: 'Deploy' })
  await expect(dialog.getByRole('radio', { name: 'Kept build' })).toBeFocused()
  await expect(dialog.getByRole('combobox', { name: 'Kept build' })).toHaveValue(build)
  await expect(dialog.getByRole('region', { name: 'What will happen' })).toContainText('Resolve the image')
  await page.keyboard.press('Escape')
  await expect(opener).toBeFocused()
  await page.keyboard.press('Enter')
  await dialog.getByLabel('Note (optional)').fill('With the environment of now')
  await expect(dialog.getByRole('button', { name: `Deploy ${version} to ${target}` })).toBeEnabled()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`${system.url}/ops/releases/1`)
  expect(sent).toEqual([
    { source: { kind: 'build', build }, label: null, note: 'With the environment of now' },
  ])
})

test('a build that is barred says so where it could be deployed', async ({ page }) => {
  const { build, version } = await liveBuild()
  await page.route('**/api/ops/status', async (route) => {
    const response = await route.fetch()
    const seen = systemStatusSchema.parse(await response.json())
    const actor = { kind: 'host', name: 'ada' } as const
    const barred = [{ deploymentId: build, version, reason: null, actor, at: seen.now }]
    await route.fulfill({ response, json: { ...seen, barred } })
  })
  await open(page, '/ops/builds')
  await expect(
    page.getByRole('button', { name: `Deploy ${version} (${build})…` }),
  ).toHaveAccessibleDescription('It is barred.')
})

test('the choice of a kept build says that it is empty, and that it could not be listed', async ({
  page,
}) => {
  let isLost = true
  await page.route('**/api/ops/builds', (route) =>
    isLost ? route.abort() : route.fulfill({ json: { dryRun: true, kept: [], gone: [], logs: [] } }),
  )
  await open(page, '/ops')
  await page.getByRole('button', { name: 'Deploy…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Deploy' })
  await dialog.getByRole('radio', { name: 'Working tree' }).focus()
  await page.keyboard.press('ArrowUp')
  const choice = dialog.getByRole('combobox', { name: 'Kept build' })
  await expect(choice).toHaveAccessibleDescription(
    'The kept builds could not be listed. This tries again by itself.',
  )
  isLost = false
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await expect(choice).toHaveAccessibleDescription(
    'No build is kept with its image yet. Deploy from another source.',
  )
  await expect(dialog.getByRole('button', { name: /^Deploy to / })).toHaveAccessibleDescription(
    'Choose a build.',
  )
})
