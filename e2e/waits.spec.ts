import { randomUUID } from 'node:crypto'
import { expect, test } from '@playwright/test'
import { acceptedSchema, setupLinkSchema, systemStatusSchema } from '../src/director/protocol.ts'
import { dribble, request } from '../test/engine/long-clients.ts'
import { e2eSystem } from './e2e-system.ts'

const system = e2eSystem()
const UPLOAD_MS = 30_000

test('a release shows by kind what it waits for, and a real build ends its streams when it is reused', async ({
  page,
}) => {
  const { path } = await system.director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })
  await page.goto(`${system.url}${path}`)
  await page.getByLabel('Your name').fill('Mia')
  await page.getByLabel('Email address').fill(`mia-${randomUUID()}@example.org`)
  await page.getByLabel('Password').fill('a password for drains')
  await page.getByRole('button', { name: /^Create the/ }).click()
  await expect(page.getByRole('article', { name: 'primary' })).toBeVisible()

  const { slots, routing, freeze } = await system.director.call(systemStatusSchema, '/v1/status')
  const [live, standby] =
    routing.live === 'primary' ? [slots.primary, slots.secondary] : [slots.secondary, slots.primary]
  const headers = { accept: 'text/event-stream' }
  const streams = [1, 2, 3].map(() => request(`${standby.address}/api/events`, { headers }))
  const upload = dribble(`${standby.address}/api/echo`, UPLOAD_MS)
  const tile = page.getByRole('article', { name: standby.slot })
  await expect(tile).toContainText('0 + 1 upload + 3 streams')

  const source = { kind: 'image', image: live.container?.image, hasConsole: true }
  const { release } = await system.director.call(acceptedSchema, '/v1/deploy', {
    method: 'POST',
    body: JSON.stringify({ source, ...(freeze && { despiteFreeze: freeze.at }) }),
  })
  await page.goto(`${system.url}/ops/releases/${release.id}`)
  const step = page
    .getByRole('listitem')
    .filter({ hasText: `Wait until ${standby.slot} has no request left` })
  await expect(step).toContainText(`${standby.slot} has 1 upload in flight, and 3 event streams open`)
  await expect(step).toContainText(
    /quiet after \d+\.\d s, when 1 upload had ended; 3 event streams are told to reconnect$/,
    { timeout: 60_000 },
  )
  expect((await upload).status).toBe(200)
  for (const stream of await Promise.all(streams)) {
    expect(stream).toMatchObject({ status: 200, error: null })
    expect(stream.body).toMatch(/^retry: [1-3]\d{3}\n\n/)
    expect(stream.endedMs).toBeGreaterThan((await upload).endedMs)
  }
  await expect(page.getByText(/^healthy after/)).toBeVisible({ timeout: 60_000 })
})
