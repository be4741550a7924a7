import { once } from 'node:events'
import { createServer, Socket } from 'node:net'

export type Relay = { port: number; close(): Promise<void> }

const MAX_WAITING_BYTES = 1024 * 1024

/**
 * Listens on loopback and passes every byte to `target` and back, each way `delayMs` later: a line with a round trip of
 * twice that. A request that is on its way while a server closes its connection is lost on such a line and hardly ever
 * on loopback. Ends and resets travel with the same delay.
 */
export async function startRelay(target: { host: string; port: number; delayMs: number }): Promise<Relay> {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = new Socket({ allowHalfOpen: true }).setNoDelay(true)
    for (const socket of [near, far]) {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
    }
    // The connection itself has the way to go too, so that its first request comes right behind it.
    setTimeout(() => near.destroyed || far.connect(target.port, target.host), target.delayMs)
    passOn(near, far, target.delayMs)
    passOn(far, near, target.delayMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The relay has no port.')
  const close = async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of open) socket.destroy()
    await closed
  }
  return { port: address.port, close }
}

/** Timers of one length fire in the order in which they were set, so bytes keep theirs. */
function passOn(from: Socket, to: Socket, delayMs: number): void {
  let waitingBytes = 0
  from.on('data', (chunk) => {
    waitingBytes += chunk.length
    if (waitingBytes > MAX_WAITING_BYTES) from.pause()
    setTimeout(() => {
      waitingBytes -= chunk.length
      from.resume()
      if (to.writable) to.write(chunk)
    }, delayMs)
  })
  from.once('end', () => setTimeout(() => to.end(), delayMs))
  from.once('error', () => setTimeout(() => to.resetAndDestroy(), delayMs))
  from.once('close', (hadError) => {
    if (!hadError) setTimeout(() => to.destroySoon(), delayMs)
  })
}
