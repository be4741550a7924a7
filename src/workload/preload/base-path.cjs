// @ts-check
'use strict'

const { STATUS_PATH } = require('./visitor.cjs')

/** @typedef {{ basePath: string, trailingSlash: boolean }} Addresses */

/** What nginx, the director and Docker ask for by one address, wherever the app puts its pages. */
const OWN = /^(?:\/api\/system\/status|\/ops|\/api\/ops)(?:\/|$)/

/** @type {Addresses | undefined} */
let known

/**
 * Where the app puts its pages. The server of a standalone build has put all of its settings into the environment by then.
 *
 * @returns {Addresses}
 */
function addresses() {
  known ??= readAddresses(process.env.__NEXT_PRIVATE_STANDALONE_CONFIG)
  return known
}

/**
 * @param {string | undefined} text
 * @returns {Addresses}
 */
function readAddresses(text) {
  try {
    const { basePath, trailingSlash } = JSON.parse(text ?? '{}')
    return {
      basePath: typeof basePath === 'string' && /^(?:\/[\w.~-]+)*$/.test(basePath) ? basePath : '',
      trailingSlash: trailingSlash === true,
    }
  } catch {
    return { basePath: '', trailingSlash: false }
  }
}

/**
 * Leads a request for one of our own addresses to where the app has it: below its base path, with a slash at the end where
 * it wants one. A page of the console is sent there, so that its links fit; everything else is answered in place.
 *
 * @param {Pick<import('./state.cjs').Exchange, 'request' | 'response'>} exchange
 */
function leadToBasePath({ request, response }, { basePath, trailingSlash } = addresses()) {
  const url = request.url ?? ''
  const [path = '', query] = cut(url)
  if ((basePath === '' && !trailingSlash) || !OWN.test(path)) return
  const isPage = isDocument(request) && path.startsWith('/ops') && basePath !== ''
  if (isPage) response.setHeader('cache-control', 'no-store')
  const slash = trailingSlash && !path.endsWith('/') && !isPage ? '/' : ''
  // Two slashes are what Next itself answers with a redirect to the address with one.
  request.url = `${isPage ? '/' : ''}${basePath}${path}${slash}${query}`
}

/** @param {import('node:http').IncomingMessage} request */
function isDocument({ method, headers }) {
  const isRead = method === 'GET' || method === 'HEAD'
  return isRead && headers.rsc === undefined && headers['x-forwarded-host'] !== undefined
}

/** @param {string} url */
function cut(url) {
  const at = url.indexOf('?')
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at)]
}

module.exports = { leadToBasePath, readAddresses, STATUS_PATH }
