import { builtAs } from '../config/built-as.ts'
import { knownActions } from './known-actions.ts'
import { readForm } from './read-form.ts'
import { returnedFormPage } from './returned-form-page.ts'
import { actionsOf, fieldsOf } from './sent-form.ts'

/**
 * A page that gives a form back, where it was sent without JavaScript by a page of a build that runs no more: Next would
 * say "Server Action unavailable." and the visitor would have to write everything again. Null for every other request,
 * which then goes its usual way with its body untouched.
 */
export async function returnedForm(request: Request): Promise<Response | null> {
  // While developing, Next adds actions as pages are first asked for.
  if (request.method !== 'POST' || builtAs === 'development' || isFromElsewhere(request)) return null
  const form = await readForm(request)
  const asked = form === null ? [] : actionsOf(form)
  if (form === null || asked.length === 0) return null
  const known = await readKnown()
  if (known === null || asked.every((id) => known.has(id))) return null
  const url = new URL(request.url)
  console.warn(`A form of another build came to ${url.pathname} and was given back.`)
  return new Response(await returnedFormPage(pathAgain(url), fieldsOf(form)), {
    status: 409,
    headers: HEADERS,
  })
}

/** Null where this build's actions cannot be read: the form is Next's to answer, as before. */
async function readKnown(): Promise<ReadonlySet<string> | null> {
  try {
    return await knownActions()
  } catch (cause) {
    console.error('The actions of this build could not be read, so a form was left to Next.', cause)
    return null
  }
}

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
} as const

/** Next refuses actions that another site sends; what that site wrote must not be shown as the visitor's words either. */
function isFromElsewhere({ headers }: Request): boolean {
  const origin = headers.get('origin')
  const host = headers.get('x-forwarded-host') ?? headers.get('host')
  if (origin === null) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}

/** Where the form stands, without the build that it was asked of. Two slashes in front would lead to another site. */
function pathAgain({ pathname, searchParams }: URL): string {
  const query = new URLSearchParams(searchParams)
  query.delete('dpl')
  const path = `/${pathname.replace(/^[/\\]+/, '')}`
  return query.size === 0 ? path : `${path}?${query}`
}
