import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireBrowser } from './browser.ts'

test('a browser that is not there is said to be missing, and how to name another', () => {
  requireBrowser(process.execPath)
  assert.throws(
    () => requireBrowser('/nowhere/chromium'),
    new Error('There is no browser at /nowhere/chromium: set CHROMIUM to a browser.'),
  )
})
