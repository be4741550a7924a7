import { z } from 'zod'
import { type Ended, type EndSessionsRequest, endedSchema } from '../director/operators-protocol.ts'
import {
  type AbortRequest,
  acceptedSchema,
  type BarRequest,
  type FreezeRequest,
  type RollbackRequest,
  reloadResultSchema,
  type UnbarRequest,
} from '../director/protocol.ts'
import { type BarOutcome, barOutcomeSchema } from '../release/bar.ts'
import { type FreezeOutcome, freezeOutcomeSchema } from '../release/freeze.ts'
import { type PruneRequest, type PruneView, pruneViewSchema } from '../release/prune-view.ts'
import type { DeployRequest } from '../release/release.ts'
import { act } from './act.ts'
import type { Outcome } from './outcome.ts'

export type Accepted = z.infer<typeof acceptedSchema>
export type Reloaded = z.infer<typeof reloadResultSchema>

/** The server actions that drive the console, handed down by the page that is built with them. */
export type ConsoleActions = {
  deploy(request: DeployRequest): Promise<Outcome<Accepted>>
  rollback(request: RollbackRequest): Promise<Outcome<Accepted>>
  abort(request: AbortRequest): Promise<Outcome<Accepted>>
  bar(request: BarRequest): Promise<Outcome<BarOutcome>>
  unbar(request: UnbarRequest): Promise<Outcome<BarOutcome>>
  prune(request: PruneRequest): Promise<Outcome<PruneView>>
  freeze(request: FreezeRequest): Promise<Outcome<FreezeOutcome>>
  unfreeze(): Promise<Outcome<FreezeOutcome>>
  reload(): Promise<Outcome<Reloaded>>
  endSessions(request: EndSessionsRequest): Promise<Outcome<Ended>>
  signOut(): Promise<Outcome<null>>
}

/** The same verbs, working from a tab of any age. */
export function lastingVerbs(actions: ConsoleActions): ConsoleActions {
  return {
    deploy: (request) =>
      act(() => actions.deploy(request), {
        verb: 'the deploy',
        path: '/api/ops/deploy',
        answer: acceptedSchema,
        body: request,
      }),
    rollback: (request) =>
      act(() => actions.rollback(request), {
        verb: 'the rollback',
        path: '/api/ops/rollback',
        answer: acceptedSchema,
        body: request,
        isRepeatable: request.from !== undefined,
      }),
    abort: (request) =>
      act(() => actions.abort(request), {
        verb: 'the abort',
        path: '/api/ops/abort',
        answer: acceptedSchema,
        body: request,
        isRepeatable: request.release !== undefined,
      }),
    bar: (request) =>
      act(() => actions.bar(request), {
        verb: 'the bar',
        path: '/api/ops/bar',
        answer: barOutcomeSchema,
        body: request,
        isRepeatable: true,
      }),
    unbar: (request) =>
      act(() => actions.unbar(request), {
        verb: 'unbarring',
        path: '/api/ops/unbar',
        answer: barOutcomeSchema,
        body: request,
        isRepeatable: true,
      }),
    prune: (request) =>
      act(() => actions.prune(request), {
        verb: 'the pruning',
        path: '/api/ops/prune',
        answer: pruneViewSchema,
        body: request,
      }),
    freeze: (request) =>
      act(() => actions.freeze(request), {
        verb: 'the freeze',
        path: '/api/ops/freeze',
        answer: freezeOutcomeSchema,
        body: request,
        isRepeatable: true,
      }),
    unfreeze: () =>
      act(actions.unfreeze, {
        verb: 'lifting the freeze',
        path: '/api/ops/unfreeze',
        answer: freezeOutcomeSchema,
        body: {},
        isRepeatable: true,
      }),
    reload: () =>
      act(actions.reload, {
        verb: 'the reload',
        path: '/api/ops/reload',
        answer: reloadResultSchema,
        body: {},
      }),
    endSessions: (request) =>
      act(() => actions.endSessions(request), {
        verb: 'ending sessions',
        path: '/api/ops/sessions/end',
        answer: endedSchema,
        body: request,
        isRepeatable: 'which' in request,
      }),
    signOut: async () => {
      const outcome = await act(actions.signOut, {
        verb: 'signing out',
        path: '/api/ops/auth/sign-out',
        answer: z.unknown().transform(() => null),
        body: {},
        isRepeatable: true,
      })
      return !outcome.ok && outcome.error.code === 'signed-out' ? { ok: true, value: null } : outcome
    },
  }
}
