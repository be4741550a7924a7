import { hostname } from 'node:os'
import { reasonOf } from '../../release/errors.ts'
import { engineClient } from '../docker-ready.ts'
import { SetupFailure } from '../failure.ts'
import { handOver } from './hand-over.ts'
import { takeOver } from './take-over.ts'

/**
 * What the director's container runs where compose was started in a fresh clone, without set-up: nothing tells it yet where
 * the project lies on the host. It hands over to a container that has the project at its own path; that one sets the project
 * up and has compose make the director anew.
 */
const { env } = process
try {
  if (env.SWITCHYARD_DIR) await takeOver(engineClient(), env.SWITCHYARD_DIR, env, console.log)
  else await handOver(engineClient(), hostname(), console.log)
} catch (cause) {
  const lines = cause instanceof SetupFailure ? [cause.what, cause.next, cause.detail] : [reasonOf(cause)]
  for (const line of lines) if (line) console.error(line)
  process.exitCode = 1
}
