import type { Bench } from './bench.ts'
import type { Seen } from './seen.ts'

/**
 * `broken`: visitors are not served as they should be, or nobody can tell what is live.
 * `warning`: visitors are served, and the next release, rollback or restart would go wrong.
 */
export type Severity = 'broken' | 'warning'

/** Makes one thing right again. May run twice. Throws with the reason where it can't. */
export type Mend = (bench: Bench) => Promise<void>

/** One thing that is not as it should be. */
export type Finding = {
  severity: Severity
  /** What is wrong, and what it means for visitors. */
  sentence: string
  /** What `--fix` does, or what a person has to do. */
  remedy: string
  /** Null where a person has to. */
  mend: Mend | null
}

export type Check = {
  name: string
  /** What has to be so, for docs/doctor.md. */
  about: string
  /** What `--fix` does where it is not, for docs/doctor.md. */
  fix: string
  /** A release under way changes what is looked at here, so that nothing is said about it meanwhile. */
  isOfReleases: boolean
  find(seen: Seen): readonly Finding[]
}

/** A finding with the name of its check. */
export type Found = Finding & { check: string }
