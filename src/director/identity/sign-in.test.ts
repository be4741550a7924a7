import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import {
  ADA,
  headersFrom,
  opened,
  post,
  signIn,
  stateDirectory,
  withAda,
  withCookies,
} from '../../../test/fixtures/identity.ts'
import { refusalSchema } from '../protocol.ts'
import { openIdentityDatabase } from './database.ts'

const HOUR_MS = 60 * 60_000

async function refusalOf(answer: Response) {
  return refusalSchema.parse(await answer.json()).error
}

async function sentencesOf(answer: Response): Promise<string> {
  const { what, live, next } = await refusalOf(answer)
  assert.equal(live, '', 'a stranger is not told what is live')
  return `${what} ${next}`
}

test('signing in sets one cookie that no script and no other site can use, for twelve hours', async () => {
  const identity = await withAda()
  const answer = await signIn(identity, { email: ADA.email, password: ADA.password })
  assert.equal(answer.status, 200)
  assert.deepEqual(await answer.json(), { ok: true })
  const cookies = answer.headers.getSetCookie()
  assert.equal(cookies.length, 1)
  assert.match(
    cookies[0] ?? '',
    /^switchyard\.session_token=[^;]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
  )
})

test('behind HTTPS the cookie is Secure and does not count on plain HTTP', async () => {
  const identity = await withAda()
  const https = { 'x-forwarded-proto': 'https', origin: 'https://shop.example.org' }
  const answer = await signIn(identity, { email: ADA.email, password: ADA.password }, headersFrom(https))
  const cookies = answer.headers.getSetCookie()
  assert.match(
    cookies[0] ?? '',
    /^__Secure-switchyard\.session_token=[^;]+; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  )
  assert.equal((await identity.operatorOf(withCookies(cookies, https)))?.name, 'Ada')
  assert.equal(await identity.operatorOf(withCookies(cookies)), null)
})

test('a wrong password and an unknown address get one and the same answer', async () => {
  const identity = await withAda()
  const wrong = await signIn(identity, { email: ADA.email, password: 'wrong horse battery' })
  const unknown = await signIn(identity, { email: 'nobody@example.org', password: 'wrong horse battery' })
  assert.deepEqual([wrong.status, unknown.status], [401, 401])
  assert.deepEqual([...wrong.headers], [...unknown.headers])
  const texts = [await wrong.clone().text(), await unknown.text()]
  assert.equal(texts[0], texts[1])
  assert.equal((await refusalOf(wrong.clone())).code, 'wrong-password')
  assert.equal(
    await sentencesOf(wrong),
    `Email address or password is wrong. Try again, or get a new set-up link on the host with \`switchyard setup-link\`, in the project's directory.`,
  )
})

test('a session ends after twelve hours, used or not, whatever the browser asked for', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-03-01T10:00:00Z') })
  try {
    const identity = await withAda()
    const body = { email: ADA.email, password: ADA.password }
    const session = withCookies((await signIn(identity, body)).headers.getSetCookie())
    for (let used = 0; used < 12; used++) {
      mock.timers.tick(HOUR_MS - 1_000)
      assert.equal((await identity.operatorOf(session))?.email, ADA.email)
    }
    mock.timers.tick(13_000)
    assert.equal(await identity.operatorOf(session), null)
  } finally {
    mock.timers.reset()
  }
})

test('a session that nobody uses for an hour ends, and one that was refused does not come back by a longer limit', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-03-01T10:00:00Z') })
  try {
    const stateDir = stateDirectory()
    const identity = await withAda({ stateDir })
    identity.sessions.endAll(null)
    const signedIn = async () => {
      const answer = await signIn(identity, { email: ADA.email, password: ADA.password })
      return withCookies(answer.headers.getSetCookie())
    }
    const [used, unused] = [await signedIn(), await signedIn()]
    const ending = (await identity.sessionOf(used))?.ending
    mock.timers.tick(HOUR_MS - 61_000)
    assert.notEqual(await identity.sessionOf(used), null)
    mock.timers.tick(61_000)
    const listed = identity.sessions.list(null).map(({ expiresAt }) => expiresAt)
    assert.deepEqual(listed, ['2026-03-01T11:58:59.000Z'])
    const restarted = await opened({ stateDir, idleMs: 12 * HOUR_MS })
    assert.equal(await identity.sessionOf(unused), null)
    assert.equal(await restarted.sessionOf(unused), null)
    mock.timers.tick(HOUR_MS - 61_000)
    assert.equal(await identity.sessionOf(used), null)
    assert.equal(ending?.aborted, true)
    assert.equal(identity.sessions.endAll(null), 0)
  } finally {
    mock.timers.reset()
  }
})

test('a session is in use as long as somebody follows by it', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-03-01T10:00:00Z') })
  try {
    const identity = await withAda()
    const body = { email: ADA.email, password: ADA.password }
    const cookies = withCookies((await signIn(identity, body)).headers.getSetCookie())
    const session = await identity.sessionOf(cookies)
    const leaves = [session?.follow(), session?.follow()]
    mock.timers.tick(3 * HOUR_MS)
    leaves[0]?.()
    mock.timers.tick(3 * HOUR_MS)
    leaves[1]?.()
    mock.timers.tick(HOUR_MS - 1_000)
    assert.notEqual(await identity.sessionOf(cookies), null)
    mock.timers.tick(HOUR_MS)
    assert.equal(await identity.sessionOf(cookies), null)
  } finally {
    mock.timers.reset()
  }
})

test('a session that somebody follows by is as good as used when the director starts anew', async () => {
  mock.timers.enable({ apis: ['Date', 'setInterval'], now: Date.parse('2026-03-01T10:00:00Z') })
  try {
    const stateDir = stateDirectory()
    const identity = await withAda({ stateDir })
    const body = { email: ADA.email, password: ADA.password }
    const cookies = withCookies((await signIn(identity, body)).headers.getSetCookie())
    const leave = (await identity.sessionOf(cookies))?.follow()
    mock.timers.tick(3 * HOUR_MS)
    const restarted = await opened({ stateDir })
    assert.notEqual(await restarted.sessionOf(cookies), null)
    leave?.()
  } finally {
    mock.timers.reset()
  }
})

test('sessions of a director that did not note their use are as good as used when this one starts first', async () => {
  const stateDir = stateDirectory()
  const before = await withAda({ stateDir })
  const session = withCookies(
    (await signIn(before, { email: ADA.email, password: ADA.password })).headers.getSetCookie(),
  )
  const database = openIdentityDatabase(stateDir)
  database.exec("UPDATE session SET createdAt = '2020-01-01T00:00:00.000Z'; PRAGMA user_version = 0")
  database.close()
  const after = await opened({ stateDir })
  assert.equal((await after.operatorOf(session))?.name, 'Ada')
})

test('a body with more than address and password is refused', async () => {
  const answer = await signIn(await withAda(), {
    email: ADA.email,
    password: ADA.password,
    rememberMe: false,
  })
  assert.equal(answer.status, 400)
  assert.equal(
    (await refusalOf(answer)).what,
    'The request is not right: body: Unrecognized key: "rememberMe".',
  )
})

test('sessions outlive a restart of the director', async () => {
  const stateDir = stateDirectory()
  const before = await withAda({ stateDir })
  const session = withCookies(
    (await signIn(before, { email: ADA.email, password: ADA.password })).headers.getSetCookie(),
  )
  const after = await opened({ stateDir })
  assert.equal((await after.operatorOf(session))?.name, 'Ada')
})

test('signing out ends the session itself, not only the cookie', async () => {
  const identity = await withAda()
  const session = withCookies(
    (await signIn(identity, { email: ADA.email, password: ADA.password })).headers.getSetCookie(),
  )
  const answer = await identity.handleAuth(post('sign-out', {}, session), 'primary')
  assert.equal(answer.status, 200)
  assert.match(answer.headers.getSetCookie().join('\n'), /^switchyard\.session_token=; Max-Age=0/m)
  assert.equal(await identity.operatorOf(session), null)
  assert.equal((await identity.handleAuth(post('sign-out', {}, session), 'primary')).status, 401)
})

test('a cookie with another signature is no session', async () => {
  const identity = await withAda()
  const [cookie = ''] = (
    await signIn(identity, { email: ADA.email, password: ADA.password })
  ).headers.getSetCookie()
  const forged = cookie.replace(/\.[^.;]+;/, `.${'A'.repeat(43)}%3D;`)
  assert.notEqual(forged, cookie)
  assert.equal(await identity.operatorOf(withCookies([forged])), null)
})

const ORIGINS: [string, string | null, string][] = [
  ['without an Origin', null, 'it has no Origin'],
  ['from another site', 'http://evil.example.org', 'its Origin is another site'],
  ['from a page that hides its Origin', 'null', 'its Origin is another site'],
  ['from another port', 'http://shop.example.org:8080', 'its Origin is another site'],
]

test('a sign-in and a sign-out that come from elsewhere are refused', async (context) => {
  const identity = await withAda()
  const right = await signIn(identity, { email: ADA.email, password: ADA.password })
  for (const [name, origin, reason] of ORIGINS) {
    await context.test(name, async () => {
      const headers = withCookies(right.headers.getSetCookie())
      if (origin === null) headers.delete('origin')
      else headers.set('origin', origin)
      for (const path of ['sign-in/email', 'sign-out']) {
        const body = { email: ADA.email, password: ADA.password }
        const answer = await identity.handleAuth(post(path, body, headers), 'primary')
        assert.equal(answer.status, 403)
        assert.equal(
          await sentencesOf(answer),
          `The request did not come from this site: ${reason}. Open /ops on its own address and try again there.`,
        )
      }
    })
  }
})

test('a password of more than 128 characters is refused before it is hashed', async () => {
  const identity = await withAda()
  const answer = await signIn(identity, { email: ADA.email, password: 'x'.repeat(129) })
  assert.equal(answer.status, 400)
  assert.equal(
    (await refusalOf(answer)).what,
    'The request is not right: password: Use at most 128 characters.',
  )
})

test('a body of a megabyte is not read to its end', async () => {
  const answer = await signIn(await withAda(), { email: ADA.email, password: 'x'.repeat(1_000_000) })
  assert.equal(answer.status, 413)
  assert.equal(
    (await refusalOf(answer)).what,
    'The request is too large: its body is longer than 4096 bytes.',
  )
})

test('a body that is not JSON is refused', async () => {
  const identity = await opened()
  const request = new Request('http://director/v1/auth/sign-in/email', {
    method: 'POST',
    headers: headersFrom(),
    body: 'email=ada',
  })
  assert.equal(
    (await refusalOf(await identity.handleAuth(request, 'primary'))).what,
    'The request is not right: its body is not JSON.',
  )
})

const CLOSED = [
  'POST sign-up/email',
  'GET get-session',
  'GET list-sessions',
  'POST change-password',
  'POST change-email',
  'POST update-user',
  'POST delete-user',
  'POST request-password-reset',
  'POST reset-password',
  'POST sign-in/social',
  'GET ok',
  'GET sign-in/email',
  'POST sign-in/email/',
]

test('nothing else of better-auth is there', async (context) => {
  const identity = await withAda()
  for (const route of CLOSED) {
    await context.test(route, async () => {
      const [method = '', path = ''] = route.split(' ')
      const body = method === 'GET' ? null : JSON.stringify({ ...ADA, email: 'eve@example.org' })
      const request = new Request(`http://director/v1/auth/${path}`, { method, headers: headersFrom(), body })
      const answer = await identity.handleAuth(request, 'primary')
      assert.equal(answer.status, 404)
      assert.equal((await refusalOf(answer)).what, 'There is no such address.')
    })
  }
})
