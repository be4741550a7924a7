import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { z } from 'zod'
import { setupLinkSchema, systemStatusSchema } from '../src/director/protocol.ts'
import { startLoad } from '../test/load/load.ts'
import { commitAll, git } from '../test/system/system.ts'
import { e2eSystem, OPERATOR } from './e2e-system.ts'

const system = e2eSystem()

/** `PICTURES=1` renews the README's. */
const takesPictures = process.env.PICTURES === '1'

test.describe.configure({ mode: 'serial' })

/** Page, action and chunk of each build differ: all three say which build they were compiled into. */
function changeSite(word: string): void {
  const path = join(system.dir, 'src/app/(site)/page.tsx')
  const source = readFileSync(path, 'utf8').replace(
    /served this page( \w+)? from/,
    `served this page ${word} from`,
  )
  writeFileSync(path, source)
}

async function status() {
  return system.director.call(systemStatusSchema, '/v1/status')
}

async function signIn(page: Page, base = system.url): Promise<void> {
  await page.goto(`${base}/ops`)
  await page.getByLabel('Email address').fill(OPERATOR.email)
  await page.getByLabel('Password').fill(OPERATOR.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
}

async function openDeployDialog(page: Page) {
  await page
    .getByRole('button', { name: /^Deploy/ })
    .first()
    .click()
  return page.getByRole('dialog', { name: 'Deploy' })
}

async function rollBackInBrowser(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Roll back/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog', { name: 'Roll back' })
  await dialog.getByRole('button', { name: /^Roll back from .+ to .+/ }).click()
}

async function expectLive(slot: 'primary' | 'secondary'): Promise<void> {
  await expect
    .poll(async () => (await status()).routing.live, { timeout: 8 * 60_000, intervals: [250] })
    .toBe(slot)
  await expect.poll(async () => (await status()).running, { timeout: 60_000, intervals: [250] }).toBeNull()
}

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
  await page.getByLabel('Your name').fill('Mallory')
  await page.getByLabel('Email address').fill('mallory@example.org')
  await page.getByLabel('Password').fill('another long password')
  await page.getByRole('button', { name: /^Create the/ }).click()
  await expect(page.getByText('This set-up link has been used already.')).toBeVisible()
})

test('a wrong password is refused without saying what was wrong', async ({ page }) => {
  await page.goto(`${system.url}/ops`)
  await page.getByLabel('Email address').fill(OPERATOR.email)
  await page.getByLabel('Password').fill('not the password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('Email address or password is wrong.')).toBeVisible()
})

test('deploy and roll back in a browser, under load, without one failed request', async ({
  page,
  context,
}) => {
  changeSite('anew')
  commitAll(system.dir, 'Another page')
  git(system.dir, 'tag', '--force', 'v2')
  const old = await context.newPage()
  await old.goto(system.url)
  const firstBuild = (await old.getByTestId('served-deployment-id').textContent()) ?? ''

  await signIn(page)
  const visitors = await startLoad({
    url: system.url,
    ratePerSecond: 50,
    durationMs: 15 * 60_000,
    getPaths: ['/', '/api/system/status'],
  })
  const dialog = await openDeployDialog(page)
  await dialog.getByRole('radio', { name: 'Git ref' }).check()
  await dialog.getByLabel('Branch, tag or commit').fill('v2')
  await dialog.getByLabel('Version label (optional)').fill('2.0.0')
  await dialog.getByRole('button', { name: /^Deploy 2\.0\.0 to secondary/ }).click()
  await expectLive('secondary')
  await expect(page.getByRole('article', { name: 'secondary' })).toContainText('2.0.0')

  if (takesPictures) await page.screenshot({ path: 'docs/images/console.png' })

  const fresh = await context.newPage()
  await fresh.goto(system.url)
  await expect(fresh.getByRole('heading', { level: 1 })).toContainText('served this page anew')
  const secondBuild = (await fresh.getByTestId('served-deployment-id').textContent()) ?? ''
  expect(secondBuild).not.toBe(firstBuild)
  await fresh.getByTestId('load-chunk').click()
  await expect(fresh.getByTestId('chunk-build')).toHaveText(secondBuild)
  await runAction(fresh, secondBuild)

  await old.getByTestId('load-chunk').click()
  await expect(old.getByTestId('chunk-build')).toHaveText(firstBuild)
  await runAction(old, firstBuild)

  await page.bringToFront()
  await rollBackInBrowser(page)
  await expectLive('primary')
  await fresh.goto(system.url)
  await expect(fresh.getByTestId('served-deployment-id')).toHaveText(firstBuild)

  await expect.poll(() => visitors.sentSoFar(), { timeout: 3 * 60_000 }).toBeGreaterThanOrEqual(10_000)
  const report = await visitors.stop()
  console.log(`${report.sent} requests during build, switch and rollback, ${report.failed} failed`)
  expect(report.failures).toEqual([])
  expect(report.sent).toBeGreaterThanOrEqual(10_000)
  expect(Object.keys(report.byServed).toSorted()).toEqual(['primary', 'secondary'])
})

async function runAction(page: Page, build: string): Promise<void> {
  await page.getByLabel('Text').fill('switch')
  await page.getByRole('button', { name: 'Run' }).click()
  await expect(page.getByTestId('digest-build')).toHaveText(build)
}

test('the same by the CLI and by the scripts of the article', async () => {
  const rolledForward = await system.run('npx', ['switchyard', 'rollback'])
  expect(rolledForward.code, rolledForward.output).toBe(0)
  await expectLive('secondary')
  const byScript = await system.run('./rollback.sh', [])
  expect(byScript.code, byScript.output).toBe(0)
  await expectLive('primary')
  changeSite('thrice')
  const deployed = await system.run('./deploy.sh', ['--label', '3.0.0', '--note', 'By the script'])
  expect(deployed.code, deployed.output).toBe(0)
  expect(await (await fetch(system.url)).text()).toContain('thrice')
  await expectLive('secondary')
  const shown = await system.run('npx', ['switchyard', 'status', '--json'])
  expect(systemStatusSchema.parse(JSON.parse(shown.output)).live?.version).toBe('3.0.0')
})

test('a rollback takes less than half a second from click to confirmed', async ({ page }) => {
  await signIn(page)
  const times: number[] = []
  for (let round = 0; round < 10; round++) {
    const target = (await status()).routing.live === 'primary' ? 'secondary' : 'primary'
    await page
      .getByRole('button', { name: /^Roll back/ })
      .first()
      .click()
    const confirm = page
      .getByRole('dialog', { name: 'Roll back' })
      .getByRole('button', { name: /^Roll back from/ })
    await expect(confirm).toBeEnabled()
    const clickedAt = await confirm.evaluate((button) => {
      const at = Date.now()
      if (button instanceof HTMLElement) button.click()
      return at
    })
    await expectLive(target)
    const { last } = await status()
    const confirmedAt = last?.steps.find((step) => step.name === 'confirm')?.endedAt
    times.push(Date.parse(z.string().parse(confirmedAt)) - clickedAt)
    await expect(page.getByRole('dialog', { name: 'Roll back' })).toBeHidden()
  }
  const median = times.toSorted((a, b) => a - b)[5] ?? Number.POSITIVE_INFINITY
  console.log(`rollback from click to confirmed through nginx: median ${median} ms of ${times.join(', ')}`)
  expect(median).toBeLessThan(500)
})

test('a build whose console fails can be deployed with the gate off, and rolled back from a browser', async ({
  page,
}) => {
  const path = join(system.dir, 'src/app/ops/page.tsx')
  const sound = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    "export const dynamic = 'force-dynamic'\nexport default function Page(): never {\n  throw new Error('broken on purpose')\n}\n",
  )
  const before = (await status()).routing.live
  const gated = await system.run('npx', ['switchyard', 'deploy'])
  expect(gated.code, gated.output).toBe(1)
  expect(gated.output).toContain('The console of the new build does not work')
  expect((await status()).routing.live).toBe(before)
  const { last } = await status()
  const image = z.string().parse(last?.build?.image)
  const deployed = await system.run('npx', ['switchyard', 'deploy', '--image', image, '--no-console'])
  expect(deployed.code, deployed.output).toBe(0)
  writeFileSync(path, sound)
  const broken = (await status()).slots
  const live = (await status()).routing.live === 'primary' ? broken.primary : broken.secondary
  expect((await fetch(`${live.address}/ops`)).status).toBe(500)
  await signIn(page)
  await rollBackInBrowser(page)
  await expectLive(before === 'primary' ? 'primary' : 'secondary')
})
