// @ts-check
'use strict'

const { forgetLater, hasRoom } = require('./late-readers.cjs')

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */

/** What a proxy counts as sent is in the sockets' buffers, and comes at once. */
const LIMITS = { restBytes: 64 * 1024 * 1024, restWithinMs: 10_000 }

/**
 * Empties the rest of a request's body once its answer has ended.
 *
 * Node does so by itself only where nobody had begun to read the body. Else the connection stands still with the rest in
 * it, and a proxy that has sent the whole body takes the connection for idle: the next request on it, another visitor's,
 * waits until one of the two gives up. So what still comes is taken off the connection whatever the reader does. A reader
 * that goes on gets it, within bounds; one that does not is told by an error. Before the answer has ended nothing is touched.
 *
 * @param {Pick<import('./state.cjs').Exchange, 'request' | 'response' | 'socket'>} exchange
 * @param {typeof LIMITS} [limits] Beyond them the connection is closed.
 */
function emptyUnreadBody({ request, response, socket }, limits = LIMITS) {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && !(Number(length) > 0)) return
  // Comes before Node's own listener, which ends a connection that is not to be kept.
  response.once('finish', () => {
    leaveConnection(request)
    if (!request.complete) takeRest(request, socket, limits)
  })
}

/**
 * To destroy a request is to destroy its connection, which from here on is another visitor's.
 *
 * @param {IncomingMessage} request
 */
function leaveConnection(request) {
  request._destroy = (error, done) => done(request.listenerCount('error') > 0 ? error : null)
}

/**
 * @param {IncomingMessage} request A framework may have made another stream of it (Next's copies of bodies), have destroyed
 *   it, and have taken its connection from it.
 * @param {import('node:net').Socket} socket
 * @param {typeof LIMITS} limits
 */
function takeRest(request, socket, { restBytes, restWithinMs }) {
  const { push } = request
  let bytes = 0
  const forget = () => {
    drop(request)
    return true
  }
  const giveUp = () => socket.destroy()
  const deadline = setTimeout(giveUp, restWithinMs).unref()
  const whenGone = () => {
    clearTimeout(deadline)
    forget()
  }
  const endConnection = endAfterRest(socket)
  // By this Node's parser hands over each part. Where it answers false, the connection is stopped.
  request.push = (part) => {
    if (part === null) {
      clearTimeout(deadline)
      socket.off('close', whenGone)
      if (isOpen(request)) push.call(request, null)
      endConnection()
      return true
    }
    bytes += part.length
    if (bytes > restBytes) giveUp()
    else if (isOpen(request)) {
      if (!hasRoom(request, part.length)) return forget()
      push.call(request, part)
      forgetLater(request, forget)
    }
    return true
  }
  socket.once('close', whenGone)
  socket.resume()
}

/**
 * Ends the reading of a body, and frees what was kept of it, whoever holds on to the request.
 *
 * @param {IncomingMessage} request
 */
function drop(request) {
  if (!isOpen(request)) return
  request.removeAllListeners('data')
  if (request.socket) while (request.read() !== null);
  request.destroy(
    new Error('The rest of the body came after its answer had ended, and was not read in time.'),
  )
}

/** @param {IncomingMessage} request */
const isOpen = (request) => !request.destroyed && !request.readableEnded

/**
 * Closed with a part of the body still in it, a connection is reset, and the answer may be lost on its way. So a
 * connection that ends with this answer says so to the other side, and is closed when the body has come.
 *
 * @param {import('node:net').Socket} socket
 * @returns {() => void} To be called when the body has come.
 */
function endAfterRest(socket) {
  let isLast = false
  socket.destroySoon = () => {
    isLast = true
    socket.end()
  }
  return () => {
    Reflect.deleteProperty(socket, 'destroySoon')
    if (isLast) socket.destroySoon()
  }
}

module.exports = { emptyUnreadBody }
