// @ts-check
'use strict'

const { readlinkSync } = require('node:fs')

/**
 * Whether this slot is the live one, and who is told when that changes.
 *
 * @typedef {{
 *   isLive(): boolean
 *   onChange(listener: (isLive: boolean) => void): () => void
 * }} Liveness
 */

/** A symlink to the name of the live slot, renamed into place by whoever moves the traffic. */
const LINK = '/run/switchyard-live/slot'
const LOOK_EVERY_MS = 250

/**
 * Read from the link each time, so that of two slots one at most is live at any moment. A slot that was told to stop is not
 * live any more. Outside of a slot, as on a developer's machine, there is no other process that could be.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {AbortSignal} stop
 * @returns {Liveness}
 */
function liveness({ SLOT, SWITCHYARD_LIVE_LINK = LINK }, stop) {
  /** @type {Set<(isLive: boolean) => void>} */
  const listeners = new Set()
  const isLive = () => !stop.aborted && (!SLOT || ledTo(SWITCHYARD_LIVE_LINK) === SLOT)
  let last = false
  const look = () => {
    const now = isLive()
    if (now === last) return
    last = now
    for (const listener of [...listeners]) tell(listener, now)
  }
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  return {
    isLive,
    onChange(listener) {
      if (listeners.size === 0) {
        last = isLive()
        timer = setInterval(look, LOOK_EVERY_MS).unref()
        stop.addEventListener('abort', look)
      }
      /** @param {boolean} now */
      const own = (now) => listener(now)
      listeners.add(own)
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return
        clearInterval(timer)
        stop.removeEventListener('abort', look)
      }
    },
  }
}

/** @param {string} link Null where no slot is live, or no director has told yet. */
function ledTo(link) {
  try {
    return readlinkSync(link)
  } catch {
    return null
  }
}

/**
 * @param {(isLive: boolean) => void} listener
 * @param {boolean} isLive
 */
function tell(listener, isLive) {
  try {
    listener(isLive)
  } catch (cause) {
    console.error('What listens to whether this slot is live failed:', cause)
  }
}

module.exports = { liveness }
