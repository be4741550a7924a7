// @ts-check
'use strict'

const diagnostics = require('node:diagnostics_channel')
const { takeBackgroundWork } = require('./background.cjs')
const { drainOnSigterm } = require('./drain.cjs')
const { countInFlight } = require('./in-flight.cjs')
const { workloadState } = require('./state.cjs')
const { emptyUnreadBody } = require('./unread-bodies.cjs')

/** Below the 30 s that compose gives a slot before it is killed. */
const DRAIN_CAP_MS = 25_000

const INSTALLED = Symbol.for('switchyard.preload')

/** @type {unknown[]} */
const held = []

/**
 * Makes this process a slot: its requests are counted, bodies that nobody has read to the end are emptied, and SIGTERM ends
 * it when its work is done. Nothing of it begins before the first request. Once for a process: whatever calls it later,
 * as the app's own code does where the preload was there first, changes nothing.
 *
 * @param {{ capMs?: number }} [options] How long a slot that was told to stop waits for its work.
 */
function install({ capMs = DRAIN_CAP_MS } = {}) {
  if (Reflect.has(globalThis, INSTALLED)) return
  Object.defineProperty(globalThis, INSTALLED, { value: true })
  // The name by which images from before there was a preload know the state.
  Object.defineProperty(globalThis, 'switchyardWorkload', { get: workloadState, configurable: true })
  let hasBegun = false
  subscribe('http.server.request.start', (message) => {
    if (!isExchange(message)) return
    try {
      if (!hasBegun) begin(capMs)
      hasBegun = true
      emptyUnreadBody(message)
      countInFlight(workloadState(), message)
    } catch (cause) {
      console.error('Switchyard could not look after a request:', cause)
    }
  })
}

/** @param {number} capMs */
function begin(capMs) {
  const state = workloadState()
  // An image says so where its framework leaves the signal, and the work after its answers, to us.
  const endsProcess = Boolean(process.env.NEXT_MANUAL_SIG_HANDLE)
  if (endsProcess) takeBackgroundWork(state)
  drainOnSigterm(state, { capMs, endsProcess })
}

/**
 * @param {string} name
 * @param {(message: unknown) => void} listener
 */
function subscribe(name, listener) {
  if (diagnostics.subscribe) return diagnostics.subscribe(name, listener)
  // Node before 18.7 forgets a channel that nobody holds.
  const channel = diagnostics.channel(name)
  held.push(channel)
  channel.subscribe(listener)
}

/**
 * Node's own, whichever module instance it was made by.
 *
 * @param {unknown} message
 * @returns {message is import('./state.cjs').Exchange}
 */
function isExchange(message) {
  return (
    typeof message === 'object' &&
    message !== null &&
    'request' in message &&
    'response' in message &&
    'socket' in message &&
    'server' in message
  )
}

module.exports = { install, isExchange, subscribe }
