import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { asReleaseError, ReleaseError } from '../release/errors.ts'
import { liveSentence } from '../release/live-sentence.ts'
import { describeError } from '../release/messages.ts'
import { hiddenAt, hiddenIn } from '../release/plain-text.ts'
import { pruneRequestSchema } from '../release/prune-view.ts'
import { previewPrune } from '../release/pruning.ts'
import { deployRequestSchema } from '../release/release.ts'
import { slotSchema } from '../release/slot.ts'
import type { Parts } from '../release/steps.ts'
import type { ReleaseLogs } from '../state/release-log.ts'
import type { Changes } from './changes.ts'
import { followRelease } from './follow.ts'
import type { Gate } from './gate.ts'
import { httpStatusOf } from './http-status.ts'
import { readCapped } from './intake/body.ts'
import { BODY_CAP_BYTES } from './intake/limits.ts'
import { tellFault } from './intake/tell-fault.ts'
import { previewPlan } from './preview.ts'
import {
  abortRequestSchema,
  barRequestSchema,
  freezeRequestSchema,
  keepRequestSchema,
  PROTOCOL_VERSION,
  planRequestSchema,
  rollbackRequestSchema,
  type SystemStatus,
  unbarRequestSchema,
  unkeepRequestSchema,
} from './protocol.ts'
import type { Releases } from './releases.ts'

export type ApiParts = {
  parts: Parts
  releases: Releases
  logs: ReleaseLogs
  changes: Changes
  status(): Promise<SystemStatus>
  /**
   * Lines of a slot's container, until `signal` is aborted or, without `follow`, the last one.
   * Rejects with `docker-unreachable` before there is a stream, so that it can still be said.
   */
  slotLines(
    slot: 'primary' | 'secondary',
    options: { tail: number; follow: boolean },
    signal: AbortSignal,
  ): Promise<AsyncIterable<string>>
  audit(entry: {
    actor: { kind: string; name: string }
    verb: string
    release: number | null
    headers: Headers
    subject?: string
  }): void
  /** Ends all sessions of all operators, and answers with how many. */
  endAllSessions(): number
}

const PLAN_DEADLINE_MS = 20_000
const RELOAD_DEADLINE_MS = 15_000

const historyQuery = z.object({
  before: z.coerce.number().int().positive().nullable().default(null),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

const logsQuery = z.object({
  tail: z.coerce.number().int().min(0).max(5_000).default(200),
  follow: z.enum(['0', '1']).default('0'),
})

/** The director's API, the same behind both sockets; `gate` says who may use it. */
export function directorApi(
  { parts, releases, logs, changes, status, slotLines, audit, endAllSessions }: ApiParts,
  gate: Gate,
): Hono {
  const app = new Hono().basePath('/v1')
  app.onError((cause, context) => refuse(context, cause, parts))
  app.notFound((context) => refuse(context, new ReleaseError('not-found', { thing: 'such address' }), parts))

  app.get('/ping', (context) => context.json({ ok: true, protocol: PROTOCOL_VERSION }))

  app.get('/status', async (context) => {
    await gate.actorOf(context)
    return context.json(await status())
  })

  app.get('/releases', async (context) => {
    await gate.actorOf(context)
    const { before, limit } = parse(historyQuery, context.req.query())
    const found = parts.journal.list({ before, limit: limit + 1 })
    return context.json({
      releases: found.slice(0, limit),
      more: found.length > limit,
      barred: parts.bars.list(),
    })
  })

  app.get('/releases/:id', async (context) => {
    await gate.actorOf(context)
    return context.json(mustFind(parts, context.req.param('id')))
  })

  app.get('/releases/:id/events', async (context) => {
    const { signal, end } = await gate.follow(context)
    try {
      const { id } = mustFind(parts, context.req.param('id'))
      const from = Number(context.req.header('last-event-id') ?? context.req.query('from') ?? 0)
      noBuffering(context)
      return streamSSE(context, async (stream) => {
        const options = {
          from: Number.isSafeInteger(from) ? Math.max(0, from) : 0,
          follows: context.req.query('follow') !== '0',
        }
        await followRelease(stream, { journal: parts.journal, logs, changes }, id, options, signal).finally(
          end,
        )
      })
    } catch (cause) {
      end()
      throw cause
    }
  })

  app.get('/slots/:slot/logs', async (context) => {
    const { signal, end } = await gate.follow(context)
    try {
      const slot = parse(slotSchema, context.req.param('slot'))
      const { tail, follow } = parse(logsQuery, context.req.query())
      const lines = await slotLines(slot, { tail, follow: follow === '1' }, signal)
      noBuffering(context)
      return streamSSE(context, async (stream) => {
        try {
          for await (const line of lines) await stream.writeSSE({ event: 'line', data: line })
          await stream.writeSSE({ event: 'end', data: '' })
        } catch (cause) {
          // The status has been sent, so the refusal comes as the stream's last event.
          await stream.writeSSE({ event: 'refusal', data: JSON.stringify(refusalOf(cause, parts).body) })
        } finally {
          end()
        }
      })
    } catch (cause) {
      end()
      throw cause
    }
  })

  app.post('/plan', async (context) => {
    const actor = await gate.actorOf(context)
    const request = parse(planRequestSchema, await bodyOf(context))
    const signal = AbortSignal.timeout(PLAN_DEADLINE_MS)
    return context.json(await previewPlan(parts, request, { actor, status: await status() }, signal))
  })

  app.post('/deploy', async (context) => {
    const actor = await gate.actorOf(context)
    const request = parse(deployRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'deploy', release: null, headers: context.req.raw.headers })
    return context.json({ release: await releases.deploy(request, actor) }, 202)
  })

  app.post('/rollback', async (context) => {
    const actor = await gate.actorOf(context)
    const request = parse(rollbackRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'rollback', release: null, headers: context.req.raw.headers })
    return context.json({ release: await releases.rollback(request, actor) }, 202)
  })

  app.post('/abort', async (context) => {
    const actor = await gate.actorOf(context)
    const request = parse(abortRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'abort', release: releases.running()?.id ?? null, headers: context.req.raw.headers })
    return context.json({ release: releases.abort(request, actor) })
  })

  app.post('/bar', async (context) => {
    const actor = await gate.actorOf(context)
    const { endSessions, ...request } = parse(barRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'bar', release: null, headers: context.req.raw.headers, subject: request.build })
    const outcome = await releases.bar(request, actor).catch((cause: unknown) => {
      // Barred it is, and what its code may have read is to be worth nothing.
      if (endSessions && cause instanceof ReleaseError && cause.code === 'routing-unconfirmed')
        endAllSessions()
      throw cause
    })
    return context.json(endSessions ? { ...outcome, sessionsEnded: endAllSessions() } : outcome)
  })

  app.post('/unbar', async (context) => {
    const actor = await gate.actorOf(context)
    const request = parse(unbarRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'unbar', release: null, headers: context.req.raw.headers })
    return context.json(await releases.unbar(request, actor))
  })

  app.post('/keep', async (context) => {
    const actor = await gate.actorOf(context)
    const request = parse(keepRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'keep', release: null, headers: context.req.raw.headers })
    return context.json(await releases.keep(request, actor))
  })

  app.post('/unkeep', async (context) => {
    const actor = await gate.actorOf(context)
    const request = parse(unkeepRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'unkeep', release: null, headers: context.req.raw.headers })
    return context.json(await releases.unkeep(request, actor))
  })

  app.get('/builds', async (context) => {
    await gate.actorOf(context)
    return context.json(await previewPrune(parts, AbortSignal.timeout(PLAN_DEADLINE_MS)))
  })

  app.post('/prune', async (context) => {
    const actor = await gate.actorOf(context)
    const { dryRun } = parse(pruneRequestSchema, await bodyOf(context))
    if (dryRun) return context.json(await previewPrune(parts, AbortSignal.timeout(PLAN_DEADLINE_MS)))
    audit({ actor, verb: 'prune', release: null, headers: context.req.raw.headers })
    return context.json(await releases.prune(actor))
  })

  app.post('/freeze', async (context) => {
    const actor = await gate.actorOf(context)
    const request = parse(freezeRequestSchema, await bodyOf(context))
    audit({ actor, verb: 'freeze', release: null, headers: context.req.raw.headers })
    return context.json(releases.freeze(request, actor))
  })

  app.post('/unfreeze', async (context) => {
    const actor = await gate.actorOf(context)
    audit({ actor, verb: 'unfreeze', release: null, headers: context.req.raw.headers })
    return context.json(await releases.unfreeze(actor))
  })

  app.post('/reload', async (context) => {
    const actor = await gate.actorOf(context)
    audit({ actor, verb: 'reload', release: null, headers: context.req.raw.headers })
    const result = await releases.exclusively('reload', actor, () =>
      parts.traffic.reload(AbortSignal.timeout(RELOAD_DEADLINE_MS)),
    )
    return context.json({ reloaded: true, ...result })
  })

  return app
}

/** Any throw as a refusal with its three sentences. */
export function refuse(context: Context, cause: unknown, parts: Pick<Parts, 'journal'>): Response {
  const { body, status } = refusalOf(cause, parts)
  return context.json(body, status)
}

function refusalOf(cause: unknown, { journal }: Pick<Parts, 'journal'>) {
  const error = asReleaseError(cause)
  if (error.code === 'internal') tellFault(cause)
  return { body: { error: describeError(error, liveSentence(journal)) }, status: httpStatusOf(error.code) }
}

/**
 * Reads a body that must be JSON; an empty one is an empty object. Whoever may not do anything is to be refused before.
 * Throws `bad-request`, `too-large`.
 */
export async function bodyOf(context: Context, capBytes = BODY_CAP_BYTES): Promise<unknown> {
  const text = await readCapped(context.req.raw, capBytes)
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ReleaseError('bad-request', { reason: 'its body is not JSON' }, { cause })
  }
}

/** Throws `bad-request` with path, expectation and value of the first thing that is wrong. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  // Only of a shape that a schema has let pass, so that nothing nests deeper than it says.
  const hidden = result.success ? hiddenAt(value) : null
  if (hidden !== null) throw new ReleaseError('bad-request', { reason: hidden.replace(/\.$/, '') })
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = issue?.path.join('.') || 'body'
  throw new ReleaseError('bad-request', {
    reason: `${path}: ${(issue?.message ?? 'wrong').replace(/\.$/, '')}`,
  })
}

function mustFind({ journal }: Parts, id: string) {
  const release = /^\d{1,9}$/.test(id) ? journal.get(Number(id)) : null
  if (!release) {
    const name = hiddenIn(id) === null ? id.slice(0, 20) : 'of such a name'
    throw new ReleaseError('not-found', { thing: `release ${name}` })
  }
  return release
}

/** Neither Next's compression nor nginx may hold an event back. */
function noBuffering(context: Context): void {
  context.header('cache-control', 'no-store, no-transform')
  context.header('x-accel-buffering', 'no')
}
