'use server'
import { z } from 'zod'
import { type Ended, endedSchema, endSessionsRequestSchema } from '../../director/operators-protocol.ts'
import {
  abortRequestSchema,
  acceptedSchema,
  barRequestSchema,
  freezeRequestSchema,
  reloadResultSchema,
  rollbackRequestSchema,
  unbarRequestSchema,
} from '../../director/protocol.ts'
import type { Outcome } from '../../ops/outcome.ts'
import { perform } from '../../ops/perform.ts'
import { endSession } from '../../ops/sign-out.ts'
import type { Accepted, Reloaded } from '../../ops/verbs.ts'
import { type BarOutcome, barOutcomeSchema } from '../../release/bar.ts'
import { type FreezeOutcome, freezeOutcomeSchema } from '../../release/freeze.ts'
import { type PruneView, pruneRequestSchema, pruneViewSchema } from '../../release/prune-view.ts'
import { deployRequestSchema } from '../../release/release.ts'

const nothing = z.strictObject({})

/** Begins a release of a build; it goes on by itself and is followed by its number. */
export async function deploy(request: unknown): Promise<Outcome<Accepted>> {
  return perform('/v1/deploy', acceptedSchema, deployRequestSchema, request)
}

/** Begins a release that moves visitors to the standby. */
export async function rollback(request: unknown): Promise<Outcome<Accepted>> {
  return perform('/v1/rollback', acceptedSchema, rollbackRequestSchema, request)
}

/** Stops the release under way, while it has not yet moved the traffic. */
export async function abort(request: unknown): Promise<Outcome<Accepted>> {
  return perform('/v1/abort', acceptedSchema, abortRequestSchema, request)
}

/** Keeps everybody from a build, from now on. */
export async function bar(request: unknown): Promise<Outcome<BarOutcome>> {
  return perform('/v1/bar', barOutcomeSchema, barRequestSchema, request)
}

/** Lets a build that was barred be used again. */
export async function unbar(request: unknown): Promise<Outcome<BarOutcome>> {
  return perform('/v1/unbar', barOutcomeSchema, unbarRequestSchema, request)
}

/** Removes what is kept of old builds, or says what that would be. */
export async function prune(request: unknown): Promise<Outcome<PruneView>> {
  return perform('/v1/prune', pruneViewSchema, pruneRequestSchema, request)
}

/** Refuses deploys by machines, from now on. */
export async function freeze(request: unknown): Promise<Outcome<FreezeOutcome>> {
  return perform('/v1/freeze', freezeOutcomeSchema, freezeRequestSchema, request)
}

/** Lets machines deploy again. */
export async function unfreeze(): Promise<Outcome<FreezeOutcome>> {
  return perform('/v1/unfreeze', freezeOutcomeSchema, nothing, {})
}

/** Tests nginx's configuration and takes it into use. */
export async function reload(): Promise<Outcome<Reloaded>> {
  return perform('/v1/reload', reloadResultSchema, nothing, {})
}

/** Ends sessions of operators: one, or all others. */
export async function endSessions(request: unknown): Promise<Outcome<Ended>> {
  return perform('/v1/sessions/end', endedSchema, endSessionsRequestSchema, request)
}

/** Ends the operator's session. */
export async function signOut(): Promise<Outcome<null>> {
  return endSession()
}
