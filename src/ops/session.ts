import 'server-only'
import { redirect } from 'next/navigation'
import { type Session, sessionSchema } from '../director/protocol.ts'
import { read } from './read.ts'

/** Who is signed in; null while the director does not answer. */
export async function currentSession(): Promise<Session | null> {
  const session = await read(sessionSchema, '/v1/session')
  return session.ok ? session.value : null
}

/**
 * The operator of a page at `path`, or a redirect to the sign-in page that leads back there. Null while the
 * director does not answer: the page then shows that and nothing else. A courtesy; the director is the gate.
 */
export async function operatorOf(path: string): Promise<Session['operator']> {
  const session = await currentSession()
  if (session !== null && session.operator === null) redirect(`/ops/sign-in?next=${encodeURIComponent(path)}`)
  return session?.operator ?? null
}
