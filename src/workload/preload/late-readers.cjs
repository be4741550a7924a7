// @ts-check
'use strict'

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */

/** What is kept for those who read a body on after its answer has ended. */
const KEPT_BYTES_EACH = 1024 * 1024
const KEPT_BYTES = 8 * 1024 * 1024
const KEPT_REQUESTS = 64
/** Who has not read for as long is not going to. */
const READ_WITHIN_MS = 3_000

/** @type {Map<IncomingMessage, { left: number, forget: () => void }>} */
const kept = new Map()
/** @type {NodeJS.Timeout | undefined} */
let timer

/**
 * Whether so many bytes more may be kept for a late reader.
 *
 * @param {IncomingMessage} request
 * @param {number} bytes
 */
function hasRoom(request, bytes) {
  if (!kept.has(request) && kept.size >= KEPT_REQUESTS) return false
  if (request.readableLength + bytes > KEPT_BYTES_EACH) return false
  let all = bytes
  for (const other of kept.keys()) all += other.readableLength
  return all <= KEPT_BYTES
}

/**
 * Calls `forget` once nobody has read from the request for a while. What was read to its end is forgotten by itself.
 *
 * @param {IncomingMessage} request
 * @param {() => void} forget
 */
function forgetLater(request, forget) {
  if (kept.has(request)) return
  kept.set(request, { left: Number.POSITIVE_INFINITY, forget })
  request.once('close', () => kept.delete(request))
  timer ??= setInterval(look, READ_WITHIN_MS).unref()
}

function look() {
  for (const [request, entry] of kept) {
    const left = request.readableLength
    // While the body still comes, more may be left than before although somebody reads.
    if (request.complete && left >= entry.left) entry.forget()
    entry.left = left
  }
  if (kept.size > 0) return
  clearInterval(timer)
  timer = undefined
}

module.exports = { forgetLater, hasRoom }
