import type { Server } from 'node:http'
import type { WorkloadState } from './state.ts'

const counted = new WeakSet<Server>()

/**
 * Counts the WebSockets of a server. An upgrade is no request on Node's diagnostics channel, so the server is listened to.
 * Only where it already takes upgrades: a listener alone would make it take them, and nobody would answer.
 */
export function countSockets({ sockets }: WorkloadState, server: Server): void {
  if (counted.has(server) || server.listenerCount('upgrade') === 0) return
  counted.add(server)
  server.prependListener('upgrade', (_request, socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
}
