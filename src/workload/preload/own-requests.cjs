// @ts-check
'use strict'

const { isForVisitor, isKept } = require('./kept-answers.cjs')
const { currentVisitor, parsedUrl } = require('./visitor.cjs')

/** More servers than an app asks by an address of its own; whom a visitor lets it ask may be beyond counting. */
const MOST_OTHERS = 1_000

/**
 * Origins that this process has asked on nobody's behalf, or on that of a visitor who came by another: they are other servers.
 * A visitor may claim any host, and must not have the app take its own answer for that of a server that it relies on.
 *
 * @type {Set<string>}
 */
const others = new Set()

/**
 * An app that asks itself, by the address of the request that it answers, is answered by this very process. The site's
 * address may lead nowhere from inside a slot, and through nginx another build might answer. Where the answer would come to others
 * than the visitor who gave that address, it is asked itself.
 *
 * @param {{ fetch: typeof fetch }} scope
 */
function answerOwnRequests(scope = globalThis) {
  const original = scope.fetch
  if (typeof original !== 'function') return
  Object.defineProperty(scope, 'fetch', {
    configurable: true,
    writable: true,
    value: (/** @type {Parameters<typeof fetch>} */ ...[input, init]) => {
      const own = ownAddress(input, init)
      if (own === null) return original(input, init)
      const { visitor, url } = own
      const request = input instanceof Request ? new Request(url, input) : new Request(url, init)
      if (!request.headers.has('x-forwarded-host')) request.headers.set('x-forwarded-host', visitor.host)
      if (!request.headers.has('x-forwarded-proto')) request.headers.set('x-forwarded-proto', visitor.scheme)
      return original(request, input instanceof Request ? init : nextsOwn(init))
    },
  })
}

/** @param {RequestInit | undefined} init */
const nextsOwn = (init) => (init && 'next' in init ? { next: init.next } : undefined)

/** @param {unknown} input @param {unknown} init */
function ownAddress(input, init) {
  const url = parsedUrl(input instanceof Request ? input.url : String(input))
  if (url === null) return null
  const visitor = isForVisitor() ? currentVisitor() : null
  if (url.origin !== visitor?.origin) {
    if (others.size < MOST_OTHERS) others.add(url.origin)
    return null
  }
  if (others.has(url.origin) || isKept(input, init) || !process.env.PORT) return null
  return { visitor, url: `http://127.0.0.1:${process.env.PORT}${url.pathname}${url.search}` }
}

module.exports = { answerOwnRequests }
