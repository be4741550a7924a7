import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { expect, type Page, test } from '@playwright/test'
import { z } from 'zod'
import { setupLinkSchema, systemStatusSchema } from '../src/director/protocol.ts'
import type { Slot } from '../src/release/slot.ts'
import { startLoad } from '../test/load/load.ts'
import { commitAll, git } from '../test/system/system.ts'
import { e2eSystem } from './e2e-system.ts'
import { edit } from './edit.ts'
import { layOut, SECOND_VERSION } from './two-builds.ts'

const system = e2eSystem()
const LIN = {
  name: 'Lin',
  email: `lin-${randomUUID()}@example.org`,
  password: 'a password for releases',
} as const

/** `PICTURES=1` renews the README's. */
const takesPictures = process.env.PICTURES === '1'
const RELEASE_TIMEOUT_MS = 6 * 60_000

test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ browser }) => {
  const { path } = await system.director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })
  const page = await browser.newPage()
  await page.goto(`${system.url}${path}`)
  await page.getByLabel('Your name').fill(LIN.name)
  await page.getByLabel('Email address').fill(LIN.email)
  await page.getByLabel('Password').fill(LIN.password)
  await page.getByRole('button', { name: /^Create the/ }).click()
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
  await page.close()
})

/** The action and the chunk say by themselves which build they were compiled into; the page's words change too. */
function changePage(word: string): void {
  edit('src/app/(site)/page.tsx', (source) =>
    source.replace(/served this page( \w+)? from/, `served this page ${word} from`),
  )
}

async function status() {
  return system.director.call(systemStatusSchema, '/v1/status')
}

async function signIn(page: Page, base = system.url): Promise<void> {
  await page.goto(`${base}/ops`)
  await page.getByLabel('Email address').fill(LIN.email)
  await page.getByLabel('Password').fill(LIN.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()
}

async function openRollback(page: Page) {
  await page.getByRole('button', { name: 'Roll back…' }).click()
  return page
    .getByRole('dialog', { name: 'Roll back' })
    .getByRole('button', { name: /^Roll back from .+ to .+/ })
}

async function expectLive(slot: Slot, timeout = 60_000): Promise<void> {
  await expect
    .poll(
      async () => {
        const { routing, running } = await status()
        return { live: routing.live, running: running?.id ?? null }
      },
      { timeout, intervals: [200] },
    )
    .toEqual({ live: slot, running: null })
}

async function logOfLastRelease(): Promise<string> {
  const releases = z.object({ releases: z.array(z.object({ id: z.number() })) })
  const {
    releases: [last],
  } = await system.director.call(releases, '/v1/releases?limit=1')
  return (await system.director.raw(`/v1/releases/${last?.id}/events?follow=0`)).text()
}

async function buildOf(page: Page): Promise<string> {
  return z.string().parse(await page.getByTestId('served-deployment-id').textContent())
}

async function takePicture(page: Page): Promise<void> {
  for (const slot of ['primary', 'secondary']) {
    const memory = page.getByRole('article', { name: slot }).getByRole('meter', { name: 'Memory' })
    await expect(memory).toHaveAttribute('aria-valuetext', / of /)
  }
  await page.setViewportSize({ width: 1440, height: 1240 })
  await page.evaluate(() => window.scrollTo(0, 0))
  await page.screenshot({ path: 'docs/images/console.png' })
}

async function runAction(page: Page, build: string): Promise<void> {
  await page.getByLabel('Text').fill('switch')
  await page.getByRole('button', { name: 'Run' }).click()
  await expect(page.getByTestId('digest-build')).toHaveText(build)
}

test('deploy and roll back in a browser, under load, without one failed request', async ({
  page,
  context,
}) => {
  changePage('anew')
  layOut('b')
  commitAll(system.dir, 'Another page')
  git(system.dir, 'tag', '--force', 'v2')
  const old = await context.newPage()
  await old.goto(system.url)
  const firstBuild = await buildOf(old)

  await signIn(page)
  const load = await startLoad({
    url: system.url,
    ratePerSecond: 50,
    durationMs: 15 * 60_000,
    getPaths: ['/', '/api/system/status'],
  })
  await page.getByRole('button', { name: 'Deploy…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Deploy' })
  await dialog.getByRole('radio', { name: 'Git ref' }).check()
  await dialog.getByLabel('Branch, tag or commit').fill('v2')
  await dialog.getByLabel('Version label (optional)').fill(SECOND_VERSION)
  await dialog.getByRole('button', { name: /^Deploy 2\.0\.0 to secondary/ }).click()
  const release = page.getByRole('region', { name: /^Deploy 2\.0\.0/ })
  await expect(release.getByRole('region', { name: /^Log of release/ })).toContainText('#', {
    timeout: 60_000,
  })
  await expectLive('secondary', RELEASE_TIMEOUT_MS)
  await expect(release).toContainText('Succeeded')
  await expect(page.getByRole('article', { name: 'secondary' })).toContainText('2.0.0')
  if (takesPictures) await takePicture(page)
  if (availableParallelism() > 1)
    expect(await logOfLastRelease()).toMatch(/next build runs on core [\d,]+ of /)

  const fresh = await context.newPage()
  await fresh.goto(system.url)
  await expect(fresh.getByRole('heading', { level: 1 })).toContainText('served this page anew')
  const secondBuild = await buildOf(fresh)
  expect(secondBuild).not.toBe(firstBuild)
  await fresh.getByTestId('load-chunk').click()
  await expect(fresh.getByTestId('chunk-build')).toHaveText(secondBuild)
  await runAction(fresh, secondBuild)

  await old.getByTestId('load-chunk').click()
  await expect(old.getByTestId('chunk-build')).toHaveText(firstBuild)
  await runAction(old, firstBuild)

  await page.bringToFront()
  const standby = page.getByRole('article', { name: 'primary' })
  await expect(standby).toContainText(`in the last minute came from tabs of ${firstBuild}.`)
  await (await openRollback(page)).click()
  await expectLive('primary')
  await fresh.goto(system.url)
  await expect(fresh.getByTestId('served-deployment-id')).toHaveText(firstBuild)
  await expect(fresh.getByRole('heading', { level: 1 })).not.toContainText('anew')

  await expect.poll(() => load.sentSoFar(), { timeout: 4 * 60_000 }).toBeGreaterThanOrEqual(10_000)
  const report = await load.stop()
  console.log(
    `${report.sent} requests during build, switch and rollback, ${report.failed} failed; p99 ${report.latencyMs.p99} ms`,
  )
  expect(report.failures).toEqual([])
  expect(report.sent).toBeGreaterThanOrEqual(10_000)
  expect(Object.keys(report.byServed).toSorted()).toEqual(['primary', 'secondary'])
})

test('a tab of a barred build loads the live one at its next action, and a half-loaded page does not break', async ({
  context,
}) => {
  expect((await status()).routing.live).toBe('primary')
  const [acting, loading] = [await context.newPage(), await context.newPage()]
  for (const page of [acting, loading]) await page.goto(system.url)
  const old = await buildOf(acting)
  const moved = await system.cli('rollback')
  expect(moved.code, moved.output).toBe(0)
  const live = z.string().parse((await status()).live?.deploymentId)
  await runAction(acting, old)

  const bar = await system.cli('bar', old, '--reason', 'A hole')
  expect(bar.code, bar.output).toBe(0)
  await loading.getByTestId('load-chunk').click()
  await expect(loading.getByTestId('chunk-build')).toHaveText(old)
  await acting.getByLabel('Text').fill('barred')
  await acting.getByRole('button', { name: 'Run' }).click()
  await expect(acting.getByTestId('served-deployment-id')).toHaveText(live)
  await runAction(acting, live)

  const unbar = await system.cli('unbar', old)
  expect(unbar.code, unbar.output).toBe(0)
  await runAction(loading, old)
  const back = await system.cli('rollback')
  expect(back.code, back.output).toBe(0)
  await expectLive('primary')
})

test('a rollback takes less than half a second from click to confirmed', async ({ page }) => {
  await signIn(page)
  const times: number[] = []
  for (let round = 0; round < 10; round++) {
    const target = (await status()).routing.live === 'primary' ? 'secondary' : 'primary'
    const confirm = await openRollback(page)
    await expect(confirm).toBeEnabled()
    const clickedAt = await confirm.evaluate((button) => {
      const at = Date.now()
      if (button instanceof HTMLElement) button.click()
      return at
    })
    await expectLive(target)
    // The next round decides on what this page shows by then.
    await expect(page.getByRole('article', { name: target }).getByText('Live', { exact: true })).toBeVisible()
    const { last } = await status()
    const confirmedAt = last?.steps.find((step) => step.name === 'confirm')?.endedAt
    times.push(Date.parse(z.string().parse(confirmedAt)) - clickedAt)
    await expect(page.getByRole('dialog', { name: 'Roll back' })).toBeHidden()
  }
  const median = times.toSorted((a, b) => a - b)[5] ?? Number.POSITIVE_INFINITY
  console.log(`rollback from click to confirmed through nginx: median ${median} ms of ${times.join(', ')}`)
  expect(median).toBeLessThan(500)
})

test('the same by the CLI and by the scripts of the article', async ({ page, context }) => {
  expect((await status()).routing.live).toBe('primary')
  const byCommand = await system.run('npx', ['switchyard', 'rollback'])
  expect(byCommand.code, byCommand.output).toBe(0)
  await expectLive('secondary')
  const byScript = await system.run('./rollback.sh', [])
  expect(byScript.code, byScript.output).toBe(0)
  await expectLive('primary')
  changePage('thrice')
  edit('src/app/(site)/layout.tsx', (source) =>
    source
      .replace('export default function', 'export default async function')
      .replace(
        '  return (\n    <html',
        "  if ((await cookies()).has('break-the-site')) throw new Error('broken on purpose')\n  return (\n    <html",
      )
      .replace(
        "import type { ReactNode } from 'react'",
        "import { cookies } from 'next/headers'\nimport type { ReactNode } from 'react'",
      ),
  )
  const refused = await system.run('./deploy.sh', ['--label', '3.0.0'])
  expect(refused.code, refused.output).toBe(77)
  const lifted = await system.run('npx', ['switchyard', 'unfreeze'])
  expect(lifted.code, lifted.output).toBe(0)
  const deployed = await system.run('./deploy.sh', ['--label', '3.0.0', '--note', 'By the script'])
  expect(deployed.code, deployed.output).toBe(0)
  await expectLive('secondary')
  const shown = await system.run('npx', ['switchyard', 'status', '--json'])
  expect(systemStatusSchema.parse(JSON.parse(shown.stdout)).live?.version).toBe('3.0.0')

  await page.goto(system.url)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('thrice')
  await context.addCookies([{ name: 'break-the-site', value: '1', url: system.url }])
  expect((await page.goto(system.url))?.status()).toBe(500)
  await signIn(page)
  await expect(page.getByRole('article', { name: 'secondary' })).toContainText('3.0.0')
})

test('each slot answers /ops by itself on loopback, whichever is live', async ({ page }) => {
  const { slots } = await status()
  for (const slot of [slots.primary, slots.secondary]) {
    await signIn(page, slot.address)
    await expect(page.getByRole('article', { name: 'secondary' })).toContainText('live', { ignoreCase: true })
    // A console that is open notices that its session ended and goes to the sign-in page, in the way of the next visit.
    await page.goto('about:blank')
    await page.context().clearCookies()
  }
})

test('a build whose console fails can be deployed with the gate off, and rolled back from a browser', async ({
  page,
}) => {
  const mend = edit(
    'src/app/ops/page.tsx',
    () =>
      "export const dynamic = 'force-dynamic'\nexport default function Page(): never {\n  throw new Error('broken on purpose')\n}\n",
  )
  const gated = await system.run('npx', ['switchyard', 'deploy'])
  mend()
  expect(gated.code, gated.output).toBe(1)
  expect(gated.output).toContain('The console of the new build does not work')
  await expectLive('secondary')
  const image = z.string().parse((await status()).last?.build?.image)
  const deployed = await system.run('npx', ['switchyard', 'deploy', '--image', image, '--no-console'])
  expect(deployed.code, deployed.output).toBe(0)
  await expectLive('primary')
  expect((await fetch(`${(await status()).slots.primary.address}/ops`)).status).toBe(500)
  await signIn(page)
  await (await openRollback(page)).click()
  await expectLive('secondary')
  await expect(page.getByRole('article', { name: 'secondary' })).toContainText('live', { ignoreCase: true })
})
