// @ts-check
'use strict'

const { currentVisitor } = require('./visitor.cjs')

/**
 * An app that asks itself, by the address of the request that it answers, is answered by this very process. The site's
 * address may lead nowhere from inside a slot, and through nginx another build might answer.
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
      const own = ownAddress(input)
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

/** @param {unknown} input */
function ownAddress(input) {
  const visitor = currentVisitor()
  if (visitor === null || !process.env.PORT) return null
  const text = input instanceof Request ? input.url : String(input)
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (url.origin !== new URL(`${visitor.scheme}://${visitor.host}`).origin) return null
  return { visitor, url: `http://127.0.0.1:${process.env.PORT}${url.pathname}${url.search}` }
}

module.exports = { answerOwnRequests }
