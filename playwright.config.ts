import { defineConfig } from '@playwright/test'

/** Debian's Chromium: Playwright's own browser downloads are not to be had on a host cut off from the outside. */
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'

export default defineConfig({
  testDir: 'e2e',
  outputDir: '.test/browser',
  globalSetup: './e2e/system.setup.ts',
  globalTeardown: './e2e/system.teardown.ts',
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 10 * 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: '.test/results/browser.json' }]],
  use: {
    actionTimeout: 30_000,
    navigationTimeout: 30_000,
    baseURL: 'http://127.0.0.1:8480',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
