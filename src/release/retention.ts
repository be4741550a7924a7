import { type Bar, barOn } from './bar.ts'
import type { Inventory, StoredImage } from './ports.ts'
import type { Build, Release } from './release.ts'
import { isNameless, type StoredBuild, storedBuilds } from './stored-builds.ts'

/** `builds`: how many are kept beside those that are held. `days`: how long any other is kept after it was last live. */
export type Keep = { builds: number; days: number }

/** Why a build must stay, whatever its age. It is known by its image, its deployment id or both. */
export type Hold = Partial<Pick<Build, 'image' | 'deploymentId'>> & { why: string }

export type RetentionFacts = {
  inventory: Inventory
  /** Newest first. */
  releases: readonly Release[]
  holds: readonly Hold[]
  /** Why images stay that could not be removed, by Docker's id of them. */
  stays: ReadonlyMap<string, string>
  bars: readonly Bar[]
  keep: Keep
  nowMs: number
}

export type Verdict = { build: StoredBuild; why: string }

/** `going` has the oldest first, `kept` the newest. */
export type Decision = { kept: readonly Verdict[]; going: readonly Verdict[]; logs: readonly number[] }

const DAY_MS = 24 * 60 * 60_000
/** No build takes longer, from its image to the journal's word of it. */
const IN_THE_MAKING_MS = 60 * 60_000
/** Of these releases the logs stay in any case: to look into what failed. */
const KEPT_LOGS = 50

/**
 * What is kept and what goes. A build goes when it is held by nothing, is not among the last `keep.builds` that were live,
 * and was last live more than `keep.days` ago; where the disk is short of room, the oldest of those goes before its days are over.
 */
export function decide(facts: RetentionFacts): Decision {
  const builds = storedBuilds(facts.inventory, facts.releases, facts.nowMs).toSorted(
    (one, other) => ageOf(other) - ageOf(one),
  )
  const last = lastBuilds(builds, facts)
  const judged = builds.map((build) => ({ build, ...judge(build, last, facts) }))
  const squeezed = squeeze(judged, facts.inventory.missingBytes)
  const going = judged.filter((verdict) => verdict.fate === 'goes' || squeezed.has(verdict.build))
  const kept = judged.filter((verdict) => !going.includes(verdict))
  return {
    kept: kept.map(({ build, why }) => ({ build, why })),
    going: going
      .map(({ build, why, fate }) => ({ build, why: fate === 'goes' ? why : `${SHORT} ${why}` }))
      .reverse(),
    logs: logsOf(facts, kept),
  }
}

const SHORT = 'The disk is short of room.'

type Fate = 'kept' | 'goes' | 'goes when the disk is short'

function judge(
  build: StoredBuild,
  last: ReadonlySet<StoredBuild>,
  facts: RetentionFacts,
): { fate: Fate; why: string } {
  const held = holdOn(build, facts) ?? ownHold(build)
  if (held !== null) return { fate: 'kept', why: held }
  const { keep, nowMs } = facts
  if (build.image !== null && isNameless(build.image)) return judgeNameless(build.image, nowMs)
  if (build.lastLiveMs === null) return judgeNeverLive(build, facts)
  if (last.has(build)) return { fate: 'kept', why: amongLast(keep) }
  const days = Math.floor((nowMs - build.lastLiveMs) / DAY_MS)
  const barred = barOn(facts.bars, build) === null ? '' : 'It is barred. '
  return days < keep.days
    ? {
        fate: 'goes when the disk is short',
        why: `${barred}It was last live ${ago(days)}; it goes after ${counted(keep.days)}.`,
      }
    : { fate: 'goes', why: `${barred}It was last live ${ago(days)}.` }
}

function judgeNameless({ createdAt }: StoredImage, nowMs: number): { fate: Fate; why: string } {
  return nowMs - Date.parse(createdAt) > IN_THE_MAKING_MS
    ? { fate: 'goes', why: 'It has lost its name.' }
    : { fate: 'kept', why: 'It was made just now, and has no name yet.' }
}

/** One that failed may be tried again, until something else is live. */
function judgeNeverLive({ release, image }: StoredBuild, facts: RetentionFacts): { fate: Fate; why: string } {
  if (release === null && image !== null) return judgeUnknown(image, facts)
  const newest = facts.releases.find(({ state }) => state === 'live')
  return newest !== undefined && newest.id > (release ?? 0)
    ? { fate: 'goes', why: `It never was live, and release ${newest.id} has been since.` }
    : { fate: 'goes when the disk is short', why: 'It never was live; it goes when a later release is.' }
}

/** A director that was killed left it, or somebody has made it to be deployed by its name. */
function judgeUnknown(
  { createdAt }: StoredImage,
  { keep, nowMs }: RetentionFacts,
): { fate: Fate; why: string } {
  const ageMs = nowMs - Date.parse(createdAt)
  if (ageMs <= IN_THE_MAKING_MS) return { fate: 'kept', why: 'It was made just now.' }
  const why = `No release knows it, and it was made ${ago(Math.floor(ageMs / DAY_MS))}`
  return ageMs < keep.days * DAY_MS
    ? { fate: 'goes when the disk is short', why: `${why}; it goes after ${counted(keep.days)}.` }
    : { fate: 'goes', why: `${why}.` }
}

function holdOn(
  { image, deploymentId }: StoredBuild,
  { holds, stays }: Pick<RetentionFacts, 'holds' | 'stays'>,
): string | null {
  const hold = holds.find(
    (hold) =>
      (hold.image !== undefined && image !== null && isCalled(image, hold.image)) ||
      (typeof hold.deploymentId === 'string' && hold.deploymentId === (deploymentId ?? image?.deploymentId)),
  )
  return hold?.why ?? (image && (stays.get(image.id) ?? null))
}

/** `name` as whoever asks for a deploy may write it: an id or the beginning of one, or a name without what Docker fills in. */
function isCalled({ id, ownTags, otherTags }: StoredImage, name: string): boolean {
  const short = name.replace(/^docker\.io\/(library\/)?/, '')
  const isId = /^(sha256:)?[0-9a-f]+$/.test(name) && id.startsWith(`sha256:${name.replace(/^sha256:/, '')}`)
  return isId || [...ownTags, ...otherTags].some((tag) => tag === short || tag === `${short}:latest`)
}

/** What the image itself says against its removal. */
function ownHold({ image }: StoredBuild): string | null {
  if (image === null) return null
  const [container] = image.usedBy
  if (container !== undefined) return `The container ${container} is made from it.`
  if (!image.isLabelled && image.otherTags.length === 0)
    return 'It carries no label of this project, and its last name is ours: it is for its owner to remove.'
  return null
}

/** The last that were live and that nothing else keeps. A barred one can't be used, so it takes no place among them. */
function lastBuilds(builds: readonly StoredBuild[], facts: RetentionFacts): ReadonlySet<StoredBuild> {
  const free = builds.filter(
    (build) =>
      build.lastLiveMs !== null &&
      build.image !== null &&
      !isNameless(build.image) &&
      holdOn(build, facts) === null &&
      ownHold(build) === null &&
      barOn(facts.bars, build) === null,
  )
  // By number: a clock that was wrong for a while must not make a build old.
  const newestFirst = free.toSorted((one, other) => (other.liveRelease ?? 0) - (one.liveRelease ?? 0))
  return new Set(newestFirst.slice(0, facts.keep.builds))
}

/** The oldest that may go before their time, and only as many as it takes. */
function squeeze(
  judged: readonly { build: StoredBuild; fate: Fate }[],
  missingBytes: number,
): ReadonlySet<StoredBuild> {
  const chosen = new Set<StoredBuild>()
  const going = judged.filter(({ fate }) => fate === 'goes')
  let missing = missingBytes - going.reduce((sum, { build }) => sum + build.bytes, 0)
  for (const { build, fate } of judged.toReversed()) {
    if (missing <= 0) break
    if (fate !== 'goes when the disk is short' || build.bytes === 0) continue
    chosen.add(build)
    missing -= build.bytes
  }
  return chosen
}

/** A log stays as long as its build does, and those of the newest releases in any case. */
function logsOf({ inventory, releases }: RetentionFacts, kept: readonly { build: StoredBuild }[]): number[] {
  const isKept = (build: Build | null): boolean =>
    kept.some(
      ({ build: { image, deploymentId } }) =>
        build !== null &&
        (image?.ownTags.includes(build.image) === true ||
          (deploymentId !== null && deploymentId === build.deploymentId)),
    )
  const old = new Map(releases.slice(KEPT_LOGS).map(({ id, build }) => [id, build]))
  return inventory.logs.flatMap(({ release }) => {
    const build = old.get(release)
    return build === undefined || isKept(build) ? [] : [release]
  })
}

const ageOf = ({ lastLiveMs, image }: StoredBuild): number =>
  lastLiveMs ?? (image === null ? 0 : Date.parse(image.createdAt))

const amongLast = ({ builds }: Keep): string =>
  builds === 1 ? 'It is the newest of the former builds.' : `It is among the last ${builds} builds.`

const counted = (days: number): string => (days === 1 ? '1 day' : `${days} days`)

const ago = (days: number): string => (days === 0 ? 'less than a day ago' : `${counted(days)} ago`)
