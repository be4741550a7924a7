import type { BarOutcome } from '../release/bar.ts'
import { mustNotBeBarred } from '../release/bar.ts'
import { barBuild, unbarBuild } from '../release/barring.ts'
import { runRelease } from '../release/engine.ts'
import { ReleaseError } from '../release/errors.ts'
import { type FreezeOutcome, mustNotBeFrozen } from '../release/freeze.ts'
import type { Draft } from '../release/journal-event.ts'
import { type KeepOutcome, keepBuild, unkeepBuild } from '../release/keep-mark.ts'
import { wordsOf } from '../release/messages.ts'
import { planRelease } from '../release/plan.ts'
import type { PruneView } from '../release/prune-view.ts'
import { prune } from '../release/pruning.ts'
import type { Actor, DeployRequest, Release, ReleaseVerb, Source } from '../release/release.ts'
import { otherSlot, type Slot } from '../release/slot.ts'
import type { Parts } from '../release/steps.ts'
import { isUnderWay } from '../release/transitions.ts'
import { utc } from '../release/utc.ts'
import { type HeldLock, readHolder, takeLock } from '../state/lock.ts'
import type { ReleaseLogs } from '../state/release-log.ts'
import { mustBeUnderWay, mustStillBeLive } from './as-seen.ts'
import type { Changes } from './changes.ts'
import { type Freezing, freezing } from './freezing.ts'
import { releasableSource } from './kept-build.ts'
import { liveSlot } from './live-slot.ts'
import type {
  AbortRequest,
  BarRequest,
  Holder,
  KeepRequest,
  RollbackRequest,
  UnbarRequest,
} from './protocol.ts'
import type { Tidying } from './tidying.ts'

export type Releases = {
  /** Starts a deploy and answers at once. Throws `busy`, `frozen`; of a kept build also `build-unknown`, `build-barred`, `build-gone`. */
  deploy(request: DeployRequest, actor: Actor): Promise<Release>
  /** Starts the move back to the standby. Throws `busy`, `no-standby`, `live-changed`, `build-barred`. */
  rollback(request: RollbackRequest, actor: Actor): Promise<Release>
  /** Stops the release under way. Throws `nothing-running`, `not-running`, `past-commit`. */
  abort(request: AbortRequest, actor: Actor): Release
  /** Keeps every visitor from a build, or lets it be used again. Throws `busy`, `build-unknown`, `build-live`, `routing-unconfirmed`. */
  bar(request: BarRequest, actor: Actor): Promise<BarOutcome>
  unbar(request: UnbarRequest, actor: Actor): Promise<BarOutcome>
  /** Keeps a build from being pruned, or lets it be so again. Throws `busy`, `build-unknown`. */
  keep(request: KeepRequest, actor: Actor): Promise<KeepOutcome>
  unkeep(request: UnbarRequest, actor: Actor): Promise<KeepOutcome>
  /** Removes what is kept of old builds. Throws `busy`, `routing-edited`, `docker-unreachable`. */
  prune(actor: Actor): Promise<PruneView>
  /** Keeps machines from deploying, or lets them do it again. What is under way goes on. `unfreeze` throws `busy` while another process holds the lock. */
  freeze: Freezing['freeze']
  unfreeze(actor: Actor): Promise<FreezeOutcome>
  running(): Release | null
  /** Runs `work` under the lock, for verbs that are no releases. Throws `busy`. */
  exclusively<T>(verb: string, actor: Actor, work: () => Promise<T>): Promise<T>
  /** Ends when the release under way has. */
  settled(): Promise<void>
}

/** Whoever asked waits for so long. What is left by then goes without them, and gives way to a rollback. */
const PRUNE_FOR_MS = 5_000
const PRUNE_DEADLINE_MS = 60_000
const CHECK_DEADLINE_MS = 10_000

/** What a release is to do, as decided under the lock. */
type Aim = Pick<Draft, 'source' | 'slot' | 'from' | 'build' | 'label' | 'note'> & { isRenewed?: boolean }

export type ReleasesOptions = {
  parts: Parts
  logs: ReleaseLogs
  changes: Changes
  lockPath: string
  /** Called under the lock before a release begins. Throws what is left of an earlier one and keeps it from beginning. */
  settle(): Promise<void>
  /** Called before the lock is asked for: whoever holds it for what can wait lets go of it. */
  makeWay?(): Promise<void>
  tidying?: Tidying
}

/** The verbs that move traffic, one at a time. */
export function releases({
  parts,
  logs,
  changes,
  lockPath,
  settle,
  makeWay,
  tidying,
}: ReleasesOptions): Releases {
  let isHeld = false
  let underWay: { id: number; controller: AbortController; done: Promise<void> } | null = null
  const { freeze, lift } = freezing(parts.freezes, () => underWay?.id ?? null)

  async function lock(verb: string, actor: Actor): Promise<HeldLock> {
    await makeWay?.()
    const holder: Holder = { verb, release: null, actor, since: new Date().toISOString() }
    await tidying?.giveWay()
    // Whoever removes the file gives its lock away, and not what is done under it here.
    const held = isHeld ? null : await takeLock(lockPath, holder)
    if (held && !isHeld) {
      isHeld = true
      return {
        release: () => {
          isHeld = false
          held.release()
        },
      }
    }
    held?.release()
    const other = await readHolder(lockPath)
    throw new ReleaseError('busy', {
      who: other?.actor.name ?? 'Someone on the host',
      verb: other?.verb ?? 'another release',
      since: other ? utc(other.since) : 'a moment ago',
      ...(underWay === null ? {} : { release: String(underWay.id) }),
    })
  }

  /** `aim` gets the slot that is live once the lock is held: before that, another release may still move the traffic. */
  async function start(verb: ReleaseVerb, actor: Actor, aim: (live: Slot | null) => Aim): Promise<Release> {
    const held = await lock(verb, actor)
    try {
      await settle()
      const { isRenewed = false, ...draft } = aim(await liveSlot(parts))
      const steps = planRelease({
        verb,
        slot: draft.slot,
        from: draft.from,
        source: draft.source.kind,
        isRenewed,
      })
      const release = parts.journal.create({
        ...draft,
        verb,
        actor,
        replaces: parts.journal.newestLive()?.build ?? null,
        steps: steps.map((step) => ({
          ...step,
          state: 'waiting',
          startedAt: null,
          endedAt: null,
          detail: null,
        })),
      })
      const controller = new AbortController()
      const done = run(release.id, controller.signal).finally(() => {
        underWay = null
        held.release()
        changes.announce(release.id)
        if (parts.journal.get(release.id)?.state === 'live')
          tidying?.begin((text) => logs.append(release.id, 'record', text))
      })
      underWay = { id: release.id, controller, done }
      return release
    } catch (cause) {
      held.release()
      throw cause
    }
  }

  async function run(id: number, signal: AbortSignal): Promise<void> {
    const log = (step: string, text: string): void => {
      logs.append(id, step, text)
      changes.announce(id)
    }
    try {
      await runRelease(parts, id, log, signal)
    } catch (cause) {
      // The journal stays where it is, and recovery tries again. Crashing would take the console down too.
      log('record', `The release could not be settled: ${wordsOf(cause)}.`)
    }
  }

  async function exclusively<T>(verb: string, actor: Actor, work: () => Promise<T>): Promise<T> {
    const held = await lock(verb, actor)
    try {
      return await work()
    } finally {
      held.release()
    }
  }

  async function settled(): Promise<Parts> {
    await settle()
    return parts
  }

  return {
    deploy: ({ source: asked, label, note, despiteFreeze }, actor) => {
      const begin = (source: Source) =>
        start('deploy', actor, (from) => {
          mustNotBeFrozen(parts.freezes.inForce(), { actor, despiteFreeze })
          const slot = from === null ? 'primary' : otherSlot(from)
          return { source, slot, from, build: null, label, note }
        })
      if (asked.kind !== 'build') return begin(asked)
      return releasableSource(parts, asked, AbortSignal.timeout(CHECK_DEADLINE_MS)).then(begin)
    },
    rollback: (request, actor) =>
      start('rollback', actor, (from) => {
        mustStillBeLive(request, parts.journal.newestLive()?.id ?? null)
        if (from === null) throw new ReleaseError('no-standby', { reason: 'nothing is live yet' })
        const slot = otherSlot(from)
        const build = parts.journal.holderOf(slot)?.build ?? null
        if (!build) throw new ReleaseError('no-standby', { reason: `${slot} holds no build that was live` })
        mustNotBeBarred(parts.bars.list(), build)
        const isRenewed = request.environment === 'current'
        const note = request.note ?? null
        return { source: { kind: 'standby' }, slot, from, build, label: null, note, isRenewed }
      }),
    abort: (request, actor) => {
      const release = underWay && parts.journal.get(underWay.id)
      if (!underWay || !release || !isUnderWay(release)) throw new ReleaseError('nothing-running')
      mustBeUnderWay(request, release.id)
      if (release.state !== 'preparing')
        throw new ReleaseError('past-commit', { release: String(release.id) })
      underWay.controller.abort(new ReleaseError('aborted', { who: actor.name }))
      return release
    },
    running: () => (underWay ? parts.journal.get(underWay.id) : null),
    bar: (request, actor) => exclusively('bar', actor, async () => barBuild(await settled(), request, actor)),
    unbar: (request, actor) =>
      exclusively('unbar', actor, async () => unbarBuild(await settled(), request, actor)),
    keep: (request, actor) => exclusively('keep', actor, async () => keepBuild(parts, request, actor)),
    unkeep: (request, actor) => exclusively('unkeep', actor, async () => unkeepBuild(parts, request, actor)),
    prune: async (actor) => {
      const view = await exclusively('prune', actor, async () =>
        prune(await settled(), console.log, AbortSignal.timeout(PRUNE_DEADLINE_MS), { forMs: PRUNE_FOR_MS }),
      )
      tidying?.begin(console.log)
      return view
    },
    freeze,
    // What `./rollback.sh` has done and nobody has noticed yet would freeze again right after.
    unfreeze: async (actor) =>
      underWay ? lift(actor) : exclusively('unfreeze', actor, async () => settled().then(() => lift(actor))),
    exclusively,
    settled: async () => underWay?.done,
  }
}
