import { hostClient } from '../../director/host-client.ts'
import { systemStatusSchema } from '../../director/protocol.ts'
import type { DirectorSight } from '../seen.ts'

/** Relative, since a socket's address may have 107 bytes and the command runs in the project's directory. */
export const DIRECTOR_SOCKET = 'state/run/host/director.sock'

const ANSWER_WITHIN_MS = 6_000
/** Of `settling.ts`: what keeps the director from settling what there is. */
const UNSETTLED = /can't be settled/

/** Asks the director on the host's socket. Never throws: it need not run. */
export async function lookAtDirector(socketPath: string): Promise<DirectorSight> {
  const client = hostClient(socketPath)
  try {
    const { routing } = await client.call(systemStatusSchema, '/v1/status', {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    return { answers: true, unsettled: UNSETTLED.test(routing.problem ?? '') ? routing.problem : null }
  } catch {
    return { answers: false, unsettled: null }
  } finally {
    await client.close()
  }
}
