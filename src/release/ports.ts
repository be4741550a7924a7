import type { Bar } from './bar.ts'
import type { EnvironmentChange } from './environment-change.ts'
import type { ErrorCode } from './errors.ts'
import type { Frozen } from './freeze.ts'
import type { Draft, JournalEvent } from './journal-event.ts'
import type { KeepMark } from './keep-mark.ts'
import type { Actor, Build, Release, Source } from './release.ts'
import type { Runtime, SlotStart } from './runtime.ts'
import type { Slot } from './slot.ts'
import type { StatusPayload } from './status-payload.ts'
import type { AnsweredBy, TrafficCounts } from './traffic-counts.ts'

/** Which slot gets what, as one generation on disk says it and nginx serves it. Source: `nginx/live/current/state.json`. */
export type RoutingState = {
  /** Grows by one with every change; generation directories are `gen-N`. */
  generation: number
  /** Gets the default traffic; null only before the first release. */
  live: Slot | null
  /** Slots that may be addressed at all. */
  up: readonly Slot[]
  /** Percent of visitors (0 to 100, whole) who get this slot instead of the live one. */
  shares: Readonly<Partial<Record<Slot, number>>>
  /** Deployment ids that go to a slot whatever is live. An id stands at most once, letter case ignored. */
  pins: readonly { deploymentId: string; slot: Slot }[]
  /** Gets all of /ops while the other slot is up without a console; null while they are alike in that. */
  console: Slot | null
  /** Slots that are kept out of reach because their build is barred. None of them is up. */
  barred: readonly Slot[]
  /** The release that wrote this generation. */
  release: number | null
}

/**
 * What `confirm` must see through nginx before a switch counts. `health`: whether the slot must say that it is operational;
 * on a way back it may be as it was.
 */
export type Expectation = {
  generation: number
  slot: Slot
  release: number
  health: 'operational' | 'any'
}

/**
 * What was seen of a move through nginx. `answers`: five good answers in a row. `slow`: good ones, but fewer in the time.
 * `ill`: the right release, which says that it is not well. `unreached`: errors of nginx itself, which does not reach the slot.
 * `silent`: no answer at all. In all of these nginx says that it
 * serves the generation; at `nginx-late` it runs, and does not say which one it serves.
 */
export type Confirmation = {
  tookMs: number
  sight: 'answers' | 'slow' | 'ill' | 'unreached' | 'silent' | 'nginx-late'
  /** What is missing, as the end of a sentence; null for `answers`. */
  missing: string | null
}

export type Traffic = {
  /** The generation on disk, or null when there is none yet. Throws `routing-edited` where the flags and `state.json` disagree. */
  read(): Promise<RoutingState | null>
  /** The generation that nginx serves now. Throws `nginx-unreachable`. */
  served(signal: AbortSignal): Promise<RoutingState | null>
  /** Writes `gen-N` and renames the symlink onto it, each fsynced: the commit point. The caller holds the lock. */
  write(next: RoutingState): Promise<void>
  /**
   * Asks on fresh connections which generation nginx serves, and who answers. Silence is told, and no error. Throws
   * `switch-unconfirmed` where nginx is not there or says another generation, and where another slot or release answers.
   */
  confirm(expected: Expectation, signal: AbortSignal): Promise<Confirmation>
  /** `nginx -t`. Throws `nginx-invalid` with nginx's own words. */
  checkConfig(signal: AbortSignal): Promise<void>
  /** Tests, signals, and confirms that new workers serve. Throws `nginx-invalid`, `nginx-unreachable`. */
  reload(signal: AbortSignal): Promise<{ tookMs: number; workers: number }>
}

/** Where a step writes what happened, line by line. */
export type LogSink = (text: string) => void

export type SlotContainer = {
  id: string
  name: string
  state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  startedAt: string | null
  restarts: number
  /** The image string that compose started it with. */
  image: string
  /** `SWITCHYARD_RELEASE` of the container. */
  release: number | null
}

export type Slots = {
  /** By compose's own labels, never by name. Null when there is no container. */
  inspect(slot: Slot, signal: AbortSignal): Promise<SlotContainer | null>
  /** `docker compose up -d --no-deps --no-build SERVICE` with all of `start` in the environment. Throws `start-failed`. */
  start(slot: Slot, start: SlotStart, log: LogSink, signal: AbortSignal): Promise<void>
  /** Tells the slot to end, and kills it after `graceMs`; by default after what the compose file gives it. */
  stop(slot: Slot, log: LogSink, signal: AbortSignal, graceMs?: number): Promise<void>
  /** The container's last lines, redacted and capped, for an error's detail. */
  tail(slot: Slot, lines: number, signal: AbortSignal): Promise<string>
}

export type Builder = {
  /** Builds or resolves `source` into an image under a tag of its own. Aborting the signal really stops the build. */
  obtain(
    request: { source: Source; release: number; label: string | null },
    log: LogSink,
    signal: AbortSignal,
  ): Promise<Build>
  /** Whether `source` exists and is allowed; a sentence to show. Throws `ref-unknown`, `image-missing`, `image-not-allowed`, `build-barred`. */
  check(source: Source, signal: AbortSignal): Promise<string>
}

export type Health = {
  /**
   * One probe of a slot's status route by its container address: exact shape, capped body, no redirects, total deadline.
   * `withinMs` is for the whole answer, in time that this process is awake; by default 3 s. Where the connection is refused,
   * what is thrown has an error with `code: 'ECONNREFUSED'` as its `cause`. Where nothing came that is an answer, it has the
   * fact `contact`: `taken` where the slot took the connection, else `none`.
   */
  probe(
    slot: Slot,
    signal: AbortSignal,
    withinMs?: number,
  ): Promise<{ payload: StatusPayload; latencyMs: number; httpStatus: number }>
  /** Several good probes in a row of exactly this release and build, warm-up paths, and `/ops` unless the build has none. */
  untilHealthy(
    slot: Slot,
    expected: { release: number; build: Build },
    log: LogSink,
    signal: AbortSignal,
  ): Promise<{ tookMs: number; latencyMs: number }>
}

/** Publishes a build's static files where nginx serves them. Safe to run twice. */
export type Assets = {
  publish(slot: Slot, build: Build, log: LogSink, signal: AbortSignal): Promise<{ files: number }>
}

export type PreflightFindings = readonly {
  code?: ErrorCode
  name: string
  outcome: 'ok' | 'warning' | 'refused'
  sentence: string
}[]

export type Preflight = {
  /** Docker, disk, memory, compose file, nginx configuration, routing, source. Refusals are findings, not throws, so that all show at once. */
  run(source: Source, signal: AbortSignal): Promise<PreflightFindings>
}

export type NamedBuild = Build & { deploymentId: string }

/** Append-only; every write is durable when it returns, and goes through `applyEvent`. */
export type Journal = {
  /** Gives the release its number. */
  create(draft: Draft): Release
  append(id: number, event: JournalEvent): Release
  get(id: number): Release | null
  /** Newest first, at most `limit` releases older than `before`. */
  list(options: { before: number | null; limit: number }): Release[]
  /** Releases that were under way when the director stopped. */
  unfinished(): Release[]
  /** The newest release that went live: the journal's word on where the traffic is. */
  newestLive(): Release | null
  /** The release whose build a sound `slot` holds: the newest release that started it and went live, or the first one. */
  holderOf(slot: Slot): Release | null
  /** Every build with a deployment id that a release has made or taken, once, as the newest such release names it; newest first. */
  builds(): NamedBuild[]
}

/** The builds that no visitor is to be routed to. Append-only; every write is durable when it returns. */
export type Bars = {
  bar(build: { deploymentId: string; version: string }, reason: string | null, actor: Actor): Bar
  unbar(deploymentId: string, actor: Actor): void
  /** Those that are barred now, newest first. */
  list(): Bar[]
}

/**
 * Whether machines may deploy. Append-only; every write is durable when it returns. The freeze of a rollback or fail-over
 * is written by the journal, together with the event by which that goes live.
 */
export type Freezes = {
  freeze(reason: string | null, actor: Actor): void
  /** Ends whatever holds. */
  lift(actor: Actor): void
  /** Null while machines may deploy. */
  inForce(): Frozen | null
}

/** What each slot was started with. */
export type StartedSlots = Partial<Record<Slot, SlotStart>>

/** What a slot is started with beside its build. */
export type Runtimes = {
  /** What one is to be started with as things are now, kept from now on. Throws `environment-invalid`. */
  now(log: LogSink, signal: AbortSignal): Promise<Runtime>
  /** How the environment of `to` differs from that of `from`, by names; `now` is app.env. Null where either can't be told. Never throws. */
  change(from: Runtime, to: Runtime | 'now'): Promise<EnvironmentChange | null>
  /** Removes what none of `used` needs; without `isMeant` it only says whether there is any. */
  prune(used: readonly Runtime[], isMeant: boolean): Promise<boolean>
  /** Throws `start-failed` where a part of what `slot` is to be started with is lost. */
  mustBeKept(runtime: Runtime, slot: Slot): Promise<void>
}

/** The builds that are never pruned. Append-only; every write is durable when it returns. */
export type KeepMarks = {
  keep(build: { deploymentId: string; version: string }, reason: string | null, actor: Actor): KeepMark
  unkeep(deploymentId: string, actor: Actor): void
  /** Those that are kept now, newest first. */
  list(): KeepMark[]
}

/** The env file that compose reads, written after the commit point. */
export type EnvFile = {
  /** A file that was damaged is whole again too. */
  write(slots: StartedSlots, live: Slot): Promise<void>
  /** Whether the file is whole and says so already. Throws where it can't be read. */
  has(slots: StartedSlots, live: Slot): Promise<boolean>
  /** What the slots would be started with by a plain `docker compose up`. Throws where the file can't be read. */
  runtimes(): Promise<Runtime[]>
}

/** An image that has a name in the project's own repository, or carries its label and has lost every name. */
export type StoredImage = {
  /** Docker's: `sha256:…`. */
  id: string
  /** Its names in `switchyard/PROJECT`, which releases gave it. */
  ownTags: readonly string[]
  /** What others call it. */
  otherTags: readonly string[]
  /** Whether it says that it is a build of this project. */
  isLabelled: boolean
  deploymentId: string | null
  /** All its layers, those that it shares with others too. */
  bytes: number
  /** ISO 8601, UTC. */
  createdAt: string
  /** The names of the containers, running or not, that are made from it. */
  usedBy: readonly string[]
}

/** What builds and releases have left on this host. */
export type Inventory = {
  images: readonly StoredImage[]
  /** Published static files. */
  assets: readonly { deploymentId: string; bytes: number }[]
  logs: readonly { release: number; bytes: number }[]
  /** Whether a killed director left anything half published or half removed. */
  hasHalves: boolean
  /** The images that the env file names: what a plain `docker compose up` starts. */
  named: readonly string[]
  /** How much is missing until a release may begin; 0 where there is room. */
  missingBytes: number
}

/** What is kept of builds, and how it goes. Nothing is ever removed by force. The caller holds the lock. */
export type Stock = {
  take(signal: AbortSignal): Promise<Inventory>
  /** Takes the project's own names off an image, which ends one that has no other. Answers with why it stays, or null. */
  removeImage(image: StoredImage, signal: AbortSignal): Promise<string | null>
  /** Whole, or not at all for those who look: one that is cut off goes on with the next `sweep`. */
  removeAssets(deploymentId: string): Promise<void>
  removeLog(release: number): Promise<void>
  /** Removes what a killed director left half published or half removed. */
  sweep(): Promise<void>
  /** Removes what builds keep to be faster, but what the next one is likely to take. No build may run meanwhile. */
  dropCaches(signal: AbortSignal): Promise<void>
}

/** What visitors were answered, within the last five minutes. Reading it costs no I/O. */
export type TrafficLog = {
  /** The last `seconds` whose requests are all known: they end about two seconds ago. None from before `fromMs` (since 1970). */
  last(by: AnsweredBy, seconds: number, fromMs?: number): TrafficCounts
  /** All that is known from the second of `fromMs` (since 1970) on. */
  since(by: AnsweredBy, fromMs: number): TrafficCounts
  /** One sentence where the log can't be read, so that the counts are not whole. */
  problem(): string | null
  /** Lines that said nothing, since the director began. */
  unreadableLines(): number
}
