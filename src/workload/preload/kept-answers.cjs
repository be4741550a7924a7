// @ts-check
'use strict'

/**
 * Next's own word on what is done at the moment: `work` has the settings of a route, `work-unit` says for whom it runs.
 *
 * @type {Map<string, { getStore(): unknown }>}
 */
const stores = new Map()

/**
 * Takes notice of these modules of Next's as they are loaded; answers whether it is one for the first time.
 *
 * @param {string} request
 * @param {unknown} loaded
 */
function noteStores(request, loaded) {
  const [, name] = /\/(work-unit|work)-async-storage\.external(?:\.js)?$/.exec(request) ?? []
  if (name === undefined || stores.has(name) || !isObject(loaded)) return false
  const store = loaded[name === 'work' ? 'workAsyncStorage' : 'workUnitAsyncStorage']
  if (!hasStore(store)) return false
  stores.set(name, store)
  return true
}

/**
 * Whether a visitor's request is what the app works for. What Next makes for all of them, be it a page or what is in a cache, may
 * run because one has come, and knows nothing of that one.
 */
function isForVisitor() {
  const unit = stores.get('work-unit')?.getStore()
  return !isObject(unit) || unit.type === 'request'
}

/**
 * Whether Next may keep what a fetch brings and hand it to other visitors.
 *
 * @param {unknown} input
 * @param {unknown} init As the app has given it: Next hands it on.
 */
function isKept(input, init) {
  const work = stores.get('work')?.getStore()
  const ofRoute = isObject(work) ? work.fetchCache : undefined
  if (typeof ofRoute === 'string' && !ofRoute.endsWith('no-store')) return true
  const own = isObject(init) ? init : {}
  if ((own.cache ?? (input instanceof Request ? input.cache : undefined)) === 'force-cache') return true
  const revalidate = isObject(own.next) ? own.next.revalidate : undefined
  return revalidate === false || Number(revalidate ?? 0) > 0
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null

/** @param {unknown} value @returns {value is { getStore(): unknown }} */
const hasStore = (value) => isObject(value) && typeof value.getStore === 'function'

module.exports = { isForVisitor, isKept, noteStores }
