import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'

const root = join(import.meta.dirname, '..')
const ORIGIN = 'http://tab.test'

/** The code that puts away and writes back, in a page without React: at each load it first writes back, then keeps watch. */
const SCRIPT = `
<script>globalThis.process = { env: {} }</script>
<script type="importmap">{ "imports": { "zod": "/node_modules/zod/index.js" } }</script>
<script type="module">
  import { keepFields, watchForms } from '/src/workload/kept-fields.ts'
  import { reloadOnce } from '/src/workload/reload-once.ts'
  import { restoreFields } from '/src/workload/restore-fields.ts'
  const restored = await restoreFields(AbortSignal.timeout(300))
  watchForms()
  addEventListener('renew', () => { keepFields(); location.reload() })
  addEventListener('stale', () => { document.title = 'reloads: ' + reloadOnce() })
  document.body.insertAdjacentHTML('beforeend', '<output></output>')
  document.querySelector('output').textContent = JSON.stringify(restored)
</script>`

const FORM = `
<form>
  <input name="name"><textarea name="notes"></textarea><input id="nameless">
  <select name="size"><option>small<option>large</select>
  <select name="extras" multiple><option>bow<option>card<option>box</select>
  <input type="checkbox" name="wrap" value="yes"><input type="checkbox" name="news" value="yes" checked>
  <input type="radio" name="way" value="post" checked><input type="radio" name="way" value="courier">
  <input type="password" name="key"><input name="api-token"><input name="number" autocomplete="cc-number">
</form>`

async function open(page: Page, html: string): Promise<void> {
  await page.route(`${ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url())
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: `<body>${html}${SCRIPT}` })
    const source = readFileSync(join(root, pathname), 'utf8')
    const body = pathname.endsWith('.ts') ? stripTypeScriptTypes(source) : source
    return route.fulfill({ contentType: 'text/javascript', body })
  })
  await page.goto(`${ORIGIN}/`)
  await expect(page.locator('output')).toHaveText('null')
}

/** The page is there again, as `html` now. Answers with what could not be written back. */
async function renew(page: Page, html: string): Promise<string> {
  await page.route(`${ORIGIN}/`, (route) =>
    route.fulfill({ contentType: 'text/html', body: `<body>${html}${SCRIPT}` }),
  )
  await page.evaluate(() => {
    document.querySelector('output')?.remove()
    dispatchEvent(new Event('renew'))
  })
  return (await page.locator('output').textContent()) ?? ''
}

test('what was written comes back into every kind of field, and secrets do not', async ({ page }) => {
  await open(page, FORM)
  await page.locator('[name=name]').fill('Ada')
  await page.locator('[name=notes]').fill('one\ntwo')
  await page.locator('#nameless').fill('by its id')
  await page.locator('[name=size]').selectOption('large')
  await page.locator('[name=extras]').selectOption(['bow', 'box'])
  await page.locator('[name=wrap]').check()
  await page.locator('[name=news]').uncheck()
  await page.locator('[value=courier]').check()
  for (const secret of ['key', 'api-token', 'number']) await page.locator(`[name=${secret}]`).fill('secret')
  expect(
    await renew(page, FORM.replace('<form>', '<form><input name="new" value="of the next build">')),
  ).toBe('{"lost":[]}')
  await expect(page.locator('[name=name]')).toHaveValue('Ada')
  await expect(page.locator('[name=notes]')).toHaveValue('one\ntwo')
  await expect(page.locator('#nameless')).toHaveValue('by its id')
  await expect(page.locator('[name=size]')).toHaveValue('large')
  await expect(page.locator('[name=extras]')).toHaveValues(['bow', 'box'])
  await expect(page.locator('[name=wrap]')).toBeChecked()
  await expect(page.locator('[name=news]')).not.toBeChecked()
  await expect(page.locator('[value=courier]')).toBeChecked()
  await expect(page.locator('[name=new]')).toHaveValue('of the next build')
  for (const secret of ['key', 'api-token', 'number']) {
    await expect(page.locator(`[name=${secret}]`)).toHaveValue('')
  }
})

test('nothing of it stays in the tab', async ({ page }) => {
  await open(page, FORM)
  await page.locator('[name=name]').fill('Ada')
  expect(await renew(page, FORM)).toBe('{"lost":[]}')
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
  await page.reload()
  await expect(page.locator('output')).toHaveText('null')
})

const row = (id: number) => `<form><input type="hidden" name="id" value="${id}"><input name="reply"></form>`

test('of several forms that look alike it is the one that was written into', async ({ page }) => {
  await open(page, [1, 2, 3].map(row).join(''))
  await page.locator('[name=reply]').nth(1).fill('to the second')
  // A newer row has come in above.
  expect(await renew(page, [4, 1, 2, 3].map(row).join(''))).toBe('{"lost":[]}')
  const replies = await page.locator('[name=reply]').all()
  expect(await Promise.all(replies.map((reply) => reply.inputValue()))).toEqual(['', '', 'to the second', ''])
})

test('a build reloads a tab once, and the next build may do so again at once', async ({ page }) => {
  await open(page, FORM)
  const noted = () => page.evaluate(() => sessionStorage.getItem('switchyard:reloaded')?.split(' ')[1])
  const isReloaded = async () => {
    await page.evaluate(() => {
      document.querySelector('output')?.remove()
      document.title = ''
      dispatchEvent(new Event('stale'))
    })
    await expect(page).toHaveTitle(/^$|^reloads: false$/)
    return (await page.title()) === ''
  }
  expect(await isReloaded()).toBe(true)
  await expect(page.locator('output')).toBeVisible()
  expect(await noted()).toBe('development')
  expect(await isReloaded()).toBe(false)
  await page.evaluate(() => sessionStorage.setItem('switchyard:reloaded', `${Date.now()} b41-1a2b3c4`))
  expect(await isReloaded()).toBe(true)
  await expect(page.locator('output')).toBeVisible()
  expect(await noted()).toBe('development')
})

test('where the browser blocks site data the page works, and is not reloaded', async ({ page }) => {
  const errors: Error[] = []
  page.on('pageerror', (error) => errors.push(error))
  await page.addInitScript(() => {
    Object.defineProperty(window, 'sessionStorage', {
      get() {
        throw new DOMException('Access is denied for this document.', 'SecurityError')
      },
    })
  })
  await open(page, FORM)
  await page.locator('[name=name]').fill('Ada')
  await page.evaluate(() => dispatchEvent(new Event('stale')))
  await expect(page).toHaveTitle('reloads: false')
  await expect(page.locator('[name=name]')).toHaveValue('Ada')
  expect(await renew(page, FORM)).toBe('null')
  expect(errors).toEqual([])
})

const sent = (page: Page) => page.locator('form').evaluate((form: HTMLFormElement) => form.reset())

test('what was sent is not said to be unsent', async ({ page }) => {
  await open(page, FORM)
  await page.locator('[name=name]').fill('Ada')
  // As React does when an action is done.
  await sent(page)
  expect(await renew(page, FORM)).toBe('null')

  await page.locator('[name=name]').fill('Ada')
  await sent(page)
  await page.locator('[name=notes]').fill('the next')
  expect(await renew(page, FORM)).toBe('{"lost":[]}')
  await expect(page.locator('[name=notes]')).toHaveValue('the next')
})

test('what was written on a page that was left is not that of the next', async ({ page }) => {
  await open(page, FORM)
  await page.evaluate(() => history.replaceState(null, '', '/?before'))
  await page.locator('[name=name]').fill('Ada')
  await page.evaluate(() => history.replaceState(null, '', '/'))
  expect(await renew(page, FORM)).toBe('null')
})

test('a choice counts where it is another than at first', async ({ page }) => {
  await open(page, FORM)
  await page.locator('[name=size]').selectOption('large')
  await page.locator('[name=size]').selectOption('small')
  await page.locator('[value=courier]').check()
  await page.locator('[value=post]').check()
  expect(await renew(page, FORM)).toBe('null')

  await page.locator('[name=news]').uncheck()
  expect(await renew(page, FORM)).toBe('{"lost":[]}')
  await expect(page.locator('[name=news]')).not.toBeChecked()

  await page.locator('[name=news]').check()
  await page.locator('[name=size]').selectOption('large')
  expect(await renew(page, FORM)).toBe('{"lost":[]}')
  await expect(page.locator('[name=size]')).toHaveValue('large')
})

const PLAIN = '<form><input name="reply"></form>'

test('what has no form of its own any more is handed over, and not written into another', async ({
  page,
}) => {
  await open(page, PLAIN + PLAIN)
  await page.locator('[name=reply]').first().fill('to whom?')
  const lost = '{"lost":[{"name":"reply","value":"to whom?"}]}'
  expect(await renew(page, PLAIN)).toBe(lost)
  await expect(page.locator('[name=reply]')).toHaveValue('')
})
