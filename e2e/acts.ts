import { expect, type Page } from '@playwright/test'

/** Who answered, and how many documents the tab has loaded on the way. */
export type End = { by: 'its build' | 'the live build' | 'nobody'; loads: number }

/** Looks for what came of an act: the id of the build that answered, `nobody`, or nothing yet. */
export type Outcome = (page: Page) => Promise<string>

/** Something that a tab does long after its page was opened, and how it must end. */
export type Act = {
  name: string
  hasJavaScript?: false
  act(page: Page): Promise<Outcome>
  /** The tab's build still runs in the other slot. */
  whileItRuns: End
  /** It still runs, but nginx does not read the build's id any more. */
  withoutRule: End
  /** Its slot was given to another release. */
  afterReuse: End
  /** What else is to be seen when the slot was reused. */
  alsoAfterReuse?(page: Page): Promise<void>
}

export const TEXT = 'what I had written'

const ITS_OWN: End = { by: 'its build', loads: 0 }
const LIVE: End = { by: 'the live build', loads: 0 }
const LOADED_ANEW: End = { by: 'the live build', loads: 1 }
const RETURNED: End = { by: 'nobody', loads: 1 }
const MOVES_ON = { whileItRuns: ITS_OWN, withoutRule: LOADED_ANEW, afterReuse: LOADED_ANEW } as const
const ASKS_LIVE = { whileItRuns: ITS_OWN, withoutRule: LIVE, afterReuse: LIVE } as const

export const ACTS: readonly Act[] = [
  {
    name: 'a link, then back and forward',
    async act(page) {
      await page.getByRole('link', { name: 'Next page' }).click()
      await arrival(page, 'next')
      await page.getByRole('link', { name: 'Third page' }).click()
      await arrival(page, 'third')
      await page.goBack()
      await arrival(page, 'next')
      await page.goForward()
      return placeOf('third')
    },
    ...MOVES_ON,
  },
  {
    name: 'a prefetch, and the link that it was for',
    async act(page) {
      const prefetch = page.waitForResponse(/\/skew\/prefetched\?_rsc=/)
      await button(page, 'Show the link').click()
      await prefetch
      await page.waitForLoadState('networkidle')
      // What was fetched ahead must do: the tab gets nothing more.
      await page.route(/\/skew\/prefetched\?_rsc=/, (route) => route.abort())
      await page.getByRole('link', { name: 'Prefetched page' }).click()
      return placeOf('prefetched')
    },
    ...MOVES_ON,
  },
  {
    name: 'a chunk that is loaded on demand',
    async act(page) {
      await button(page, 'Load the part').click()
      return textOf('part-build')
    },
    whileItRuns: ITS_OWN,
    withoutRule: LOADED_ANEW,
    afterReuse: ITS_OWN,
  },
  {
    name: 'an image',
    async act(page) {
      await button(page, 'Show the picture').click()
      return pictureOf
    },
    whileItRuns: ITS_OWN,
    withoutRule: { by: 'nobody', loads: 0 },
    afterReuse: ITS_OWN,
  },
  action('unchanged', 'a server action that the next build has unchanged'),
  action('changed', 'a server action that the next build has with other code'),
  action('removed', 'a server action that the next build has not'),
  action('shifted', 'a server action that another was inserted before'),
  {
    name: 'a form',
    async act(page) {
      await fillForm(page)
      return textOf('form-build')
    },
    ...MOVES_ON,
    async alsoAfterReuse(page) {
      await expect(page.getByRole('status')).toHaveText(
        'This page was renewed. What you had written is still here, but was not sent: send it again.',
      )
      await expect(page.getByLabel('Text')).toHaveValue(TEXT)
      await expect(page.getByLabel('Password')).toHaveValue('')
      await button(page, 'Send').click()
      await expect(page.getByTestId('form-did')).toHaveText(TEXT)
      await expect(page.getByRole('status')).toBeEmpty()
    },
  },
  {
    name: 'a form without JavaScript',
    hasJavaScript: false,
    async act(page) {
      await fillForm(page)
      return returnedOr(textOf('form-build'))
    },
    whileItRuns: { by: 'its build', loads: 1 },
    withoutRule: RETURNED,
    afterReuse: RETURNED,
    async alsoAfterReuse(page) {
      await expect(page.getByRole('definition')).toHaveText([TEXT, 'not shown, to be entered again'])
      const opened = page.waitForEvent('popup')
      await page.getByRole('link', { name: 'Open the form again' }).click()
      const again = await opened
      await fillForm(again)
      await expect(again.getByTestId('form-did')).toHaveText(TEXT)
    },
  },
  {
    name: 'router.refresh()',
    async act(page) {
      const before = await page.getByTestId('rendered-at').textContent()
      await button(page, 'Refresh').click()
      return async () => {
        const [now] = await page.getByTestId('rendered-at').allTextContents()
        return now === undefined || now === before ? '' : textOf('page-build')(page)
      }
    },
    ...MOVES_ON,
  },
  {
    name: 'its own fetch',
    async act(page) {
      await button(page, 'Fetch').click()
      return textOf('fetched')
    },
    ...ASKS_LIVE,
  },
  {
    name: 'its own EventSource',
    async act(page) {
      await button(page, 'Stream').click()
      return textOf('streamed')
    },
    ...ASKS_LIVE,
  },
]

function action(run: string, name: string): Act {
  return {
    name,
    async act(page) {
      await button(page, `Run ${run}`).click()
      return async () => {
        const did = await textOf('action-did')(page)
        if (did !== '') expect(did).toBe(run)
        return textOf('action-build')(page)
      }
    },
    ...MOVES_ON,
  }
}

async function fillForm(page: Page): Promise<void> {
  await page.getByLabel('Text').fill(TEXT)
  await page.getByLabel('Password').fill('a secret')
  await button(page, 'Send').click()
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** A page that was loaded anew must have come alive too: its links would load documents until then. */
const arrival = (page: Page, name: string) =>
  expect(page.locator('h1[data-alive="true"]').getByTestId('page-name')).toHaveText(name)

export const textOf =
  (testId: string): Outcome =>
  async (page) =>
    (await page.getByTestId(testId).allTextContents())[0] ?? ''

const placeOf =
  (name: string): Outcome =>
  async (page) =>
    (await textOf('page-name')(page)) === name ? textOf('page-build')(page) : ''

const returnedOr =
  (outcome: Outcome): Outcome =>
  async (page) =>
    (await page.getByRole('heading', { name: 'Your form was not sent' }).isVisible())
      ? 'nobody'
      : outcome(page)

/** The first build's picture is of this size, the second's of another; one that did not come has none. */
const PICTURE_PIXELS = 48

const pictureOf: Outcome = async (page) => {
  const width = await page
    .getByRole('img', { name: 'A square' })
    .evaluate((image) => (image instanceof HTMLImageElement && image.complete ? image.naturalWidth : null))
  if (width === null) return ''
  return width === PICTURE_PIXELS ? textOf('page-build')(page) : 'nobody'
}
