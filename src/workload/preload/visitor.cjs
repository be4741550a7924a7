// @ts-check
'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')

/**
 * What a request says of itself: how its visitor addresses the site, and whether it asks for the status route.
 *
 * @typedef {{
 *   scheme: 'http' | 'https'
 *   host: string
 *   hostname: string
 *   port: string
 *   origin: string
 *   isStatus: boolean
 * }} Visitor
 */

const STATUS_PATH = '/api/system/status'
const HOST = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?$/

/** @type {AsyncLocalStorage<Visitor | null>} */
const current = new AsyncLocalStorage()

/**
 * The visitor of a request, by nginx's own word where nginx is in front; null where the host can't be one.
 *
 * @param {import('node:http').IncomingMessage} request
 * @returns {Visitor | null}
 */
function visitorOf({ headers, url = '' }) {
  const host = String(headers['x-forwarded-host'] ?? headers.host ?? '')
  const [, hostname, port] = HOST.exec(host) ?? []
  if (hostname === undefined) return null
  const isSecure =
    String(headers['x-forwarded-proto'] ?? '')
      .split(',', 1)[0]
      ?.trim() === 'https'
  const scheme = isSecure ? 'https' : 'http'
  // No address can be made of some that look like a host, such as 999.1.1.1.
  const address = parsedUrl(`${scheme}://${host}`)
  if (address === null) return null
  const isStatus = url.split('?', 1)[0] === STATUS_PATH
  return {
    ...{ scheme, host, hostname, origin: address.origin },
    ...{ port: port ?? (isSecure ? '443' : '80'), isStatus },
  }
}

/**
 * Null where it is no address. (`URL.canParse` came with Node 18.17.)
 *
 * @param {string} text
 */
function parsedUrl(text) {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/**
 * Makes the visitor known to whatever is done for this request from here on.
 *
 * @param {import('node:http').IncomingMessage} request
 */
function rememberVisitor(request) {
  current.enterWith(visitorOf(request))
}

module.exports = { currentVisitor: () => current.getStore() ?? null, parsedUrl, rememberVisitor, STATUS_PATH }
