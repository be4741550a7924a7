import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, mock, test } from 'node:test'

process.env.BUILT_AS = 'b7-1a2b3c4'
const { returnedForm } = await import('./returned-form.ts')

const KNOWN = '40'.padEnd(42, 'a')
const UNKNOWN = '40'.padEnd(42, 'f')
const SITE = { host: 'shop.example', origin: 'https://shop.example' }

/** A build as it stands in a slot. */
let build: string
before(async () => {
  build = await mkdtemp(join(tmpdir(), 'returned-form-'))
  await mkdir(join(build, '.next/server'), { recursive: true })
  const manifest = { node: { [KNOWN]: { workers: {} } }, edge: {}, encryptionKey: 'k' }
  await writeFile(join(build, '.next/server/server-reference-manifest.json'), JSON.stringify(manifest))
  process.chdir(build)
})
after(async () => {
  process.chdir(tmpdir())
  await rm(build, { recursive: true })
})

function sent(
  fields: Readonly<Record<string, string | File>>,
  { path = '/contact', headers = {} }: { path?: string; headers?: Record<string, string> } = {},
): Request {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  return new Request(`http://localhost:3000${path}`, {
    method: 'POST',
    body,
    headers: { ...SITE, ...headers },
  })
}

const ofAnotherBuild = { [`$ACTION_ID_${UNKNOWN}`]: '' }

/** Stands first: once read, the actions of a build are not read again. */
test('one failed look at the actions of the build leaves a form to Next, and only that one', async (context) => {
  const error = context.mock.method(console, 'error', () => undefined)
  context.mock.method(console, 'warn', () => undefined)
  const manifest = join(build, '.next/server/server-reference-manifest.json')
  await rename(manifest, `${manifest}.away`)
  assert.equal(await returnedForm(sent(ofAnotherBuild)), null)
  assert.equal(
    error.mock.calls[0]?.arguments[0],
    'The actions of this build could not be read, so a form was left to Next.',
  )
  await rename(`${manifest}.away`, manifest)
  assert.equal((await returnedForm(sent(ofAnotherBuild)))?.status, 409)
})

test('a form of a build that is gone comes back with what was in it', async (context) => {
  const warn = context.mock.method(console, 'warn', () => undefined)
  const fields = {
    ...ofAnotherBuild,
    text: '<b>"Ada" & co</b>',
    token: 's3cr3t',
    file: new File(['x'], 'a<b.txt'),
  }
  const answer = await returnedForm(sent(fields, { path: '/contact?topic=a%26b&dpl=b1-old' }))
  assert.equal(answer?.status, 409)
  assert.equal(answer?.headers.get('cache-control'), 'no-store')
  const page = (await answer?.text()) ?? ''
  assert.match(page, /<h1>Your form was not sent<\/h1>/)
  assert.match(
    page,
    /<a class="act" href="\/contact\?topic=a%26b" target="_blank" rel="noopener">Open the form again<\/a>/,
  )
  assert.match(page, /<dt>text<\/dt><dd>&lt;b&gt;&quot;Ada&quot; &amp; co&lt;\/b&gt;<\/dd>/)
  assert.match(page, /<dt>file<\/dt><dd><em>the file<\/em> a&lt;b\.txt<em>, to be chosen again<\/em><\/dd>/)
  assert.match(page, /<dt>token<\/dt><dd><em>not shown, to be entered again<\/em><\/dd>/)
  assert.doesNotMatch(page, /s3cr3t|ACTION/)
  assert.deepEqual(warn.mock.calls[0]?.arguments, [
    'A form of another build came to /contact and was given back.',
  ])
})

test('the way back stays on this site', async (context) => {
  context.mock.method(console, 'warn', () => undefined)
  for (const path of ['//evil.example/a', '/\\evil.example/a', '///evil.example/a']) {
    const answer = await returnedForm(sent(ofAnotherBuild, { path }))
    assert.match((await answer?.text()) ?? '', /<a class="act" href="\/evil\.example\/a" /)
  }
})

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`field-${index}`, 'a']))

test('a form may have 500 fields', async (context) => {
  context.mock.method(console, 'warn', () => undefined)
  const answer = await returnedForm(sent({ ...ofAnotherBuild, ...many(499) }))
  assert.match((await answer?.text()) ?? '', /<dt>field-498<\/dt><dd>a<\/dd>/)
})

test('a megabyte of tiny fields is passed on at once', async () => {
  const field = '--x\r\nContent-Disposition: form-data; name="$ACTION_"\r\n\r\n\r\n'
  const request = new Request('http://localhost:3000/', {
    method: 'POST',
    body: `${field.repeat(16_000)}--x--\r\n`,
    headers: { ...SITE, 'content-type': 'multipart/form-data; boundary=x' },
  })
  const startMs = performance.now()
  assert.equal(await returnedForm(request), null)
  const tookMs = performance.now() - startMs
  assert.ok(tookMs < 250, `It took ${tookMs} ms.`)
})

const PASSED_ON: readonly { name: string; request: () => Request }[] = [
  { name: 'a form of this build', request: () => sent({ [`$ACTION_ID_${KNOWN}`]: '', text: 'a' }) },
  { name: 'a form without an action', request: () => sent({ text: 'a' }) },
  {
    name: 'a form that another site sends',
    request: () => sent(ofAnotherBuild, { headers: { origin: 'https://evil.example' } }),
  },
  { name: 'a form of no origin', request: () => sent(ofAnotherBuild, { headers: { origin: 'null' } }) },
  {
    name: 'what only says that it is a form',
    request: () =>
      new Request('http://localhost:3000/', {
        method: 'POST',
        body: 'nonsense',
        headers: { ...SITE, 'content-type': 'multipart/form-data; boundary=x' },
      }),
  },
  {
    name: 'a form of more fields than anyone fills in',
    request: () => sent({ ...ofAnotherBuild, ...many(500) }),
  },
  {
    name: 'a field that says more of itself than of what is in it',
    request: () =>
      new Request('http://localhost:3000/', {
        method: 'POST',
        body: `--x\r\n${'a: b\r\n'.repeat(2_000)}content-disposition: form-data; name="$ACTION_ID_${UNKNOWN}"\r\n\r\n\r\n--x--`,
        headers: { ...SITE, 'content-type': 'multipart/form-data; boundary=x' },
      }),
  },
  { name: 'a page', request: () => new Request('http://localhost:3000/', { headers: SITE }) },
]

for (const { name, request } of PASSED_ON) {
  test(`${name} is passed on`, async () => {
    const warn = mock.method(console, 'warn')
    assert.equal(await returnedForm(request()), null)
    assert.equal(warn.mock.callCount(), 0)
    warn.mock.restore()
  })
}
