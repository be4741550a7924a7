import 'server-only'
import { directorSocketPath } from '../config/director-socket.ts'
import { type DirectorClient, directorClient } from '../director/client.ts'

let client: DirectorClient | null = null

/** This slot's one connection pool to the director, opened on first use so that a build never looks for a socket. */
export function director(): DirectorClient {
  client ??= directorClient(directorSocketPath())
  return client
}
