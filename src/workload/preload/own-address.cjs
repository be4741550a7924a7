// @ts-check
'use strict'

const Module = require('node:module')
const { noteStores } = require('./kept-answers.cjs')
const { currentVisitor } = require('./visitor.cjs')

/**
 * Next makes `request.url` of the address that it listens on, so redirects, cookies and links that an app makes of it led
 * visitors to http://0.0.0.0:3000. Two of its modules do: they are given the visitor's host and port instead, for as long
 * as a request lasts. Where a version of Next has neither, nothing changes, and nginx still mends redirects.
 */
function takeVisitorsAddress() {
  const original = Reflect.get(Module, '_load')
  if (typeof original !== 'function') return
  // Two that are mended, and two that say for whom something is done.
  let left = 4
  /** @param {string} request @param {unknown[]} rest */
  function load(request, ...rest) {
    const loaded = Reflect.apply(original, Module, [request, ...rest])
    const mended = mend(request, loaded)
    if (mended === undefined && !noteStores(request, loaded)) return loaded
    left -= 1
    if (left === 0 && Reflect.get(Module, '_load') === load) Reflect.set(Module, '_load', original)
    return mended ?? loaded
  }
  Reflect.set(Module, '_load', load)
}

/**
 * @param {string} request
 * @param {unknown} loaded
 */
function mend(request, loaded) {
  if (!isObject(loaded)) return undefined
  if (/\/resolve-routes(?:\.js)?$/.test(request) && typeof loaded.getResolveRoutes === 'function') {
    return { ...loaded, getResolveRoutes: withVisitor(loaded.getResolveRoutes) }
  }
  const prototype = typeof loaded.default === 'function' ? loaded.default.prototype : null
  if (/\/next-server(?:\.js)?$/.test(request) && typeof prototype?.runMiddleware === 'function') {
    overlay(prototype, 'fetchHostname', 'hostname')
    overlay(prototype, 'port', 'port')
    return loaded
  }
  return undefined
}

/** @param {Function} getResolveRoutes */
function withVisitor(getResolveRoutes) {
  return (/** @type {unknown[]} */ ...parts) => {
    const options = parts.find((part) => isObject(part) && 'hostname' in part && 'port' in part)
    return getResolveRoutes(
      ...parts.map((part) => (part === options ? atVisitors(part) : withoutDetours(part))),
    )
  }
}

/** @param {unknown} options */
function atVisitors(options) {
  if (!isObject(options)) return options
  return Object.create(options, {
    hostname: { get: () => currentVisitor()?.hostname ?? options.hostname },
    port: { get: () => currentVisitor()?.port ?? options.port },
  })
}

/**
 * The status route is the release's own, so neither the app's proxy nor a redirect of its settings comes before it.
 *
 * @param {unknown} files What Next knows of the app's files and settings.
 */
function withoutDetours(files) {
  if (!isObject(files) || typeof files.getMiddlewareMatchers !== 'function') return files
  const matchers = files.getMiddlewareMatchers.bind(files)
  const ofStatus = () => currentVisitor()?.isStatus === true
  return Object.create(files, {
    getMiddlewareMatchers: { value: () => (ofStatus() ? undefined : matchers()) },
    ...(Array.isArray(files.redirects) && {
      redirects: { value: files.redirects.map((route) => unless(ofStatus, route)) },
    }),
  })
}

/**
 * @param {() => boolean} isSo
 * @param {unknown} route
 */
function unless(isSo, route) {
  if (!isObject(route) || typeof route.match !== 'function') return route
  const { match } = route
  return { ...route, match: (/** @type {unknown[]} */ ...given) => (isSo() ? false : match(...given)) }
}

/**
 * What is set is kept, and read where nobody visits.
 *
 * @param {object} prototype
 * @param {string} name
 * @param {'hostname' | 'port'} part
 */
function overlay(prototype, name, part) {
  const own = Symbol(name)
  Object.defineProperty(prototype, name, {
    configurable: true,
    get() {
      return currentVisitor()?.[part] ?? this[own]
    },
    set(value) {
      this[own] = value
    },
  })
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null

module.exports = { takeVisitorsAddress }
