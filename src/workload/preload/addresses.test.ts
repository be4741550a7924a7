import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, 'main.cjs')

/** What a process with the preload writes, as JSON: `script` answers requests, `asks` is what is asked of it. */
async function seen(
  script: string,
  asks: string,
  environment: Record<string, string> = {},
): Promise<unknown> {
  const text = `
    const http = require('node:http')
    const answers = []
    const server = http.createServer(${script})
    server.listen(0, '127.0.0.1', async () => {
      const PORT = process.env.PORT = String(server.address().port)
      const ask = (path, headers = {}, method = 'GET') => new Promise((resolve, reject) =>
        http.request({ host: '127.0.0.1', port: PORT, path, headers, method, agent: false }, async (answer) => {
          let body = ''
          for await (const part of answer) body += part
          resolve([answer.statusCode, body, answer.headers])
        }).on('error', reject).end())
      for (const [path, headers, method] of ${asks}) answers.push(await ask(path, headers, method))
      console.log(JSON.stringify(answers.map(([, body]) => body)))
      process.exit()
    })`
  const { stdout } = await run(process.execPath, ['--no-warnings', '-e', text], {
    env: { ...process.env, NODE_OPTIONS: `--require ${MAIN}`, ...environment },
    timeout: 20_000,
  })
  return JSON.parse(stdout)
}

/** As nginx words it. */
const SHOP = `{ host: 'shop.test:8080', 'x-forwarded-host': 'shop.test:8080', 'x-forwarded-proto': 'http' }`
const SECURE = `{ host: 'shop.test', 'x-forwarded-host': 'shop.test', 'x-forwarded-proto': 'https' }`

/** Next's own module, with an app that has no files at all. What it takes for the request's address is what apps get. */
const ROUTES = `(() => {
  const { getResolveRoutes } = require('next/dist/server/lib/router-utils/resolve-routes')
  const redirect = { match: () => ({}), destination: '/login', statusCode: 307, has: undefined, missing: undefined }
  const files = {
    headers: [], redirects: [redirect], rewrites: { beforeFiles: [], afterFiles: [], fallback: [] },
    getMiddlewareMatchers: () => undefined, getItem: async () => null, getDynamicRoutes: () => [],
    handleLocale: (pathname) => ({ pathname }), buildId: 'x',
  }
  const resolve = getResolveRoutes(
    files, { experimental: {}, basePath: '' }, () => '', { dir: '.', hostname: '0.0.0.0', port: 3000 }, {}, {})
  return async (request, response) => {
    const { statusCode } = await resolve({ req: request, res: response, isUpgradeReq: false, invokedOutputs: new Set() })
    response.end(JSON.stringify([request[Symbol.for('NextInternalRequestMeta')].initURL, statusCode ?? null]))
  }
})()`

test('Next takes a visitor’s address for its own, with scheme and port, and keeps its own where a Host can’t be one', async () => {
  assert.deepEqual(
    await seen(
      ROUTES,
      `[['/x?y=1', ${SHOP}], ['/x', ${SECURE}], ['/x', { host: 'a/b' }], ['/x', { host: '999.1.1.1' }]]`,
    ),
    [
      JSON.stringify(['http://shop.test:8080/x?y=1', 307]),
      JSON.stringify(['https://shop.test:443/x', 307]),
      JSON.stringify(['http://0.0.0.0:3000/x', 307]),
      JSON.stringify(['http://0.0.0.0:3000/x', 307]),
    ],
  )
})

test('no redirect of the app’s comes before the status route', async () => {
  assert.deepEqual(
    await seen(ROUTES, `[['/api/system/status', ${SHOP}], ['/api/system/status/x', ${SHOP}]]`),
    [
      JSON.stringify(['http://shop.test:8080/api/system/status', null]),
      JSON.stringify(['http://shop.test:8080/api/system/status/x', 307]),
    ],
  )
})

test('what runs before a request is answered gets the same address', async () => {
  const server = `(() => {
    const { default: Server } = require('next/dist/server/next-server')
    const own = Object.create(Server.prototype)
    own.fetchHostname = '0.0.0.0'
    own.port = 3000
    return async (request, response) => {
      await new Promise(setImmediate)
      response.end(own.fetchHostname + ':' + own.port)
    }
  })()`
  assert.deepEqual(await seen(server, `[['/', ${SHOP}], ['/', ${SECURE}], ['/', { host: 'a/b' }]]`), [
    'shop.test:8080',
    'shop.test:443',
    '0.0.0.0:3000',
  ])
})

const URL_OF = `(request, response) => response.end(request.url + ' ' + (response.getHeader('cache-control') ?? ''))`
const settings = (config: object) => ({ __NEXT_PRIVATE_STANDALONE_CONFIG: JSON.stringify(config) })

test('our own addresses are led below the app’s base path, and pages of the console are sent there', async () => {
  const asks = `[
    ['/api/system/status'], ['/api/ops/ping?x=1'], ['/ops'], ['/ops/releases?x=1', ${SHOP}],
    ['/ops', { ...${SHOP}, rsc: '1' }], ['/ops', ${SHOP}, 'POST'], ['/shop/ops', ${SHOP}], ['/opsy', ${SHOP}], ['/', ${SHOP}],
  ]`
  assert.deepEqual(await seen(URL_OF, asks, settings({ basePath: '/shop' })), [
    ...[
      '/shop/api/system/status ',
      '/shop/api/ops/ping?x=1 ',
      '/shop/ops ',
      '//shop/ops/releases?x=1 no-store',
    ],
    ...['/shop/ops ', '/shop/ops ', '/shop/ops ', '/opsy ', '/ '],
  ])
})

test('an app that wants a slash at the end is asked with one', async () => {
  const asks = `[['/api/system/status?x=1'], ['/api/ops/ping'], ['/ops/'], ['/ops/releases', ${SHOP}], ['/page', ${SHOP}]]`
  assert.deepEqual(await seen(URL_OF, asks, settings({ trailingSlash: true })), [
    ...['/api/system/status/?x=1 ', '/api/ops/ping/ ', '/ops/ ', '/ops/releases/ ', '/page '],
  ])
})

test('an app without either, or with settings that nobody can read, is left alone', async () => {
  for (const config of ['', '{', '[]', '{"basePath":7}', '{"basePath":"/a b"}']) {
    const environment = { __NEXT_PRIVATE_STANDALONE_CONFIG: config }
    assert.deepEqual(await seen(URL_OF, `[['/ops', ${SHOP}]]`, environment), ['/ops '])
  }
})

test('an app that asks itself by its visitor’s address is answered by this process', async () => {
  const app = `async (request, response) => {
    const { method, url, headers } = request
    if (url !== '/asks') {
      let body = ''
      for await (const part of request) body += part
      return response.end([method, url, headers['x-forwarded-host'], headers['x-forwarded-proto'], headers.own, body].join())
    }
    const base = headers['x-forwarded-proto'] + '://' + headers['x-forwarded-host']
    const first = await fetch(new URL('/font?x=1', base), { method: 'POST', body: 'sent', headers: { own: 'yes' } })
    const second = await fetch(new Request(base + '/again', { headers: { own: 'too' } }))
    response.end(await first.text() + ' ' + await second.text())
  }`
  assert.deepEqual(await seen(app, `[['/asks', ${SHOP}], ['/asks', ${SECURE}]]`), [
    'POST,/font?x=1,shop.test:8080,http,yes,sent GET,/again,shop.test:8080,http,too,',
    'POST,/font?x=1,shop.test,https,yes,sent GET,/again,shop.test,https,too,',
  ])
})

test('a visitor who claims to come by the address of another server does not get to answer for it', async () => {
  const app = `(() => {
    const other = http.createServer((request, response) => response.end('the other server'))
    other.listen(0, '127.0.0.1')
    globalThis.claimed = () => ({ host: '127.0.0.1:' + other.address().port })
    return async (request, response) => {
      if (request.url !== '/asks') return response.end('the app')
      const answer = await fetch('http://127.0.0.1:' + other.address().port + '/verify')
      response.end(await answer.text())
    }
  })()`
  assert.deepEqual(await seen(app, `[['/asks', ${SHOP}], ['/asks', claimed()]]`), [
    'the other server',
    'the other server',
  ])
})

/** A site at `/asks` that asks another server by a constant, with what `how` has: each in Next's own storages. */
const ASKS_ANOTHER = `(() => {
  globalThis.AsyncLocalStorage = require('node:async_hooks').AsyncLocalStorage
  const { workUnitAsyncStorage } = require('next/dist/server/app-render/work-unit-async-storage.external.js')
  const { workAsyncStorage } = require('next/dist/server/app-render/work-async-storage.external.js')
  const hows = [
    [{ type: 'request' }, {}, { cache: 'force-cache' }], [{ type: 'request' }, {}, { next: { revalidate: 60 } }],
    [{ type: 'request' }, {}, { next: { revalidate: false } }], [{ type: 'request' }, { fetchCache: 'default-cache' }],
    [{ type: 'unstable-cache' }, {}], [{ type: 'cache' }, {}], [{ type: 'prerender-legacy' }, {}], [{ type: 'prerender' }, {}],
  ]
  const open = hows.map(() => {
    const other = http.createServer((request, response) => response.end('other'))
    other.listen(0, '127.0.0.1')
    return other
  })
  const at = (index) => '127.0.0.1:' + open[index].address().port
  globalThis.claims = () => hows.map((_, index) => ['/asks?' + index, { host: at(index) }])
  return async (request, response) => {
    if (!request.url.startsWith('/asks')) return response.end('the app')
    const index = Number(request.url.split('?')[1])
    const [unit, work, init] = hows[index]
    const ask = () => workAsyncStorage.run(work, () => workUnitAsyncStorage.run(unit, () => fetch('http://' + at(index) + '/rates', init)))
    response.end(await (await ask()).text())
  }
})()`

test('a claimed address gets into nothing that Next keeps for other visitors, be it asked for the first time', async () => {
  assert.deepEqual(await seen(ASKS_ANOTHER, 'claims()'), Array(8).fill('other'))
})

test('what a page or route that is made for a visitor alone asks of itself is answered by this process', async () => {
  const app = `(() => {
    globalThis.AsyncLocalStorage = require('node:async_hooks').AsyncLocalStorage
    const { workUnitAsyncStorage } = require('next/dist/server/app-render/work-unit-async-storage.external.js')
    const { workAsyncStorage } = require('next/dist/server/app-render/work-async-storage.external.js')
    return async (request, response) => {
      if (request.url !== '/asks') return response.end('the app')
      const ask = (init) => workAsyncStorage.run({}, () =>
        workUnitAsyncStorage.run({ type: 'request' }, () => fetch('http://shop.test:8080/part', init)))
      const answers = [await ask(), await ask({ cache: 'no-store' }), await ask({ next: { revalidate: 0 } })]
      response.end((await Promise.all(answers.map((answer) => answer.text()))).join())
    }
  })()`
  assert.deepEqual(await seen(app, `[['/asks', ${SHOP}]]`), ['the app,the app,the app'])
})
