import type { Release } from './release.ts'

/** What decides whether a verb may be used now. Sentences are null where nothing is wrong. */
export type PermissionFacts = {
  running: Release | null
  /** Who holds the lock where no release of the director's own does (for example `./rollback.sh`). */
  heldBy: string | null
  hasLive: boolean
  /** What keeps an earlier release from being settled, and so any other from being begun. */
  unsettled: string | null
  /** Why the standby can't be rolled back to. */
  standbyProblem: string | null
  dockerProblem: string | null
  /** Why machines may not deploy. */
  frozen: string | null
}

type Permission = { allowed: boolean; reason: string | null }

export type Permissions = Readonly<
  Record<
    'deploy' | 'deployByMachine' | 'rollback' | 'abort' | 'reload' | 'bar' | 'freeze' | 'prune',
    Permission
  >
>

/** The one table that buttons, refusals and tests read. The first reason that applies is the one that is shown. */
export function permissionsFor(facts: PermissionFacts): Permissions {
  const busy = busyReason(facts)
  return {
    deploy: decide(busy, facts.unsettled, facts.dockerProblem),
    deployByMachine: decide(busy, facts.frozen, facts.unsettled, facts.dockerProblem),
    // A rollback renames a symlink and asks nginx: it is for bad moments, and Docker's absence may be one.
    rollback: decide(
      busy,
      facts.unsettled,
      facts.hasLive ? null : 'Nothing is live yet.',
      facts.standbyProblem,
    ),
    abort: decide(abortReason(facts.running)),
    reload: decide(busy, facts.dockerProblem),
    // Like a rollback it is for bad moments, and needs nothing but the routing.
    bar: decide(busy, facts.unsettled),
    prune: decide(busy, facts.unsettled, facts.dockerProblem),
    // It changes nothing that is under way, and is wanted most while something is.
    freeze: decide(),
  }
}

function decide(...reasons: (string | null)[]): Permission {
  const reason = reasons.find((candidate) => candidate !== null) ?? null
  return { allowed: reason === null, reason }
}

function busyReason({ running, heldBy }: PermissionFacts): string | null {
  if (running) return `Release ${running.id} is under way.`
  return heldBy === null ? null : `${heldBy} holds the release lock.`
}

function abortReason(running: Release | null): string | null {
  if (!running) return 'No release is under way.'
  return running.state === 'preparing' ? null : `Release ${running.id} has already moved the traffic.`
}
