import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'

/** The address is cut off by the kernel beyond this, so the socket would not be where its name says. */
const ADDRESS_CAP_BYTES = 107

export type SocketRights = { mode: number; groupId: number }

/** Serves `app` to root on the host. */
export function hostServer(app: Hono): Server {
  return createServer({ requestTimeout: 30_000 }, getRequestListener(app.fetch))
}

/** Has `server` listen on a unix socket, in place of one that a killed director left behind. */
export async function listenOn(
  server: Server,
  path: string,
  { mode, groupId }: SocketRights,
): Promise<Server> {
  if (Buffer.byteLength(path) > ADDRESS_CAP_BYTES) {
    throw new Error(
      `The socket's path is ${Buffer.byteLength(path)} bytes long, ${ADDRESS_CAP_BYTES} are allowed: ${path}`,
    )
  }
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chownSync(path, 0, groupId)
  chmodSync(path, mode)
  return server
}
