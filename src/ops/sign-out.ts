import 'server-only'
import { cookies, headers } from 'next/headers'
import { director } from './director.ts'
import { forwardedHeaders } from './forwarded-headers.ts'
import type { Outcome } from './outcome.ts'
import { directorUnreachable, originMissing, signOutRefused } from './refusals.ts'

const SIGN_OUT_TIMEOUT_MS = 5_000

/** Ends the operator's session at the director and drops the cookies that it names. */
export async function endSession(): Promise<Outcome<null>> {
  const incoming = await headers()
  if (!incoming.has('origin')) return { ok: false, error: originMissing() }
  try {
    const answer = await director().raw('/v1/auth/sign-out', {
      method: 'POST',
      headers: { ...forwardedHeaders(incoming), 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(SIGN_OUT_TIMEOUT_MS),
    })
    await answer.body?.cancel()
    if (!isOver(answer)) return { ok: false, error: signOutRefused(answer.status) }
    await dropCookies(answer.headers.getSetCookie())
    return { ok: true, value: null }
  } catch (error) {
    console.error('ops: sign-out:', error)
    return { ok: false, error: directorUnreachable() }
  }
}

/** 401: there was no session any more. */
function isOver({ ok, status }: { ok: boolean; status: number }): boolean {
  return ok || status === 401
}

/** A browser drops a `__Secure-` cookie only for a cookie that is itself secure. */
async function dropCookies(setCookies: readonly string[]): Promise<void> {
  const jar = await cookies()
  for (const line of setCookies) {
    const name = line.slice(0, line.indexOf('='))
    jar.set({ name, value: '', path: '/', maxAge: 0, httpOnly: true, secure: name.startsWith('__Secure-') })
  }
}
