import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { DirectorSettings } from '../config/director.ts'
import { FIRST_START_FILE } from '../config/first-start.ts'
import { forgetBreakGlass, readBreakGlass } from '../nginx/break-glass.ts'
import { toldIn } from '../nginx/told.ts'
import { liveSentence } from '../release/live-sentence.ts'
import { wordsOf } from '../release/messages.ts'
import { openJournal } from '../state/journal.ts'
import type { Restored } from '../state/journal-file.ts'
import { releaseLogs } from '../state/release-log.ts'
import { type Reserve, reserveAt } from '../state/reserve.ts'
import { auditedBy } from './audited.ts'
import { releaseChanges } from './changes.ts'
import { failOver, keepLooking } from './fail-over.ts'
import { firstSlots } from './first-slots.ts'
import { type Doors, openDoors } from './intake/doors.ts'
import { seldom } from './intake/seldom.ts'
import { cliKeeper } from './keep-cli.ts'
import { keepTold } from './keep-told.ts'
import type { SystemStatus } from './protocol.ts'
import { refreshedAtMost } from './refreshed.ts'
import { releases } from './releases.ts'
import { settling } from './settling.ts'
import { standbyKeeper } from './standby.ts'
import { tidying } from './tidying.ts'
import { lookAround } from './view.ts'
import { type Wired, wire } from './wiring.ts'

const STATUS_MAX_AGE_MS = 1_000
const SETTLE_EVERY_MS = 5_000
const SETTLING_PATIENCE_MS = 1_000
const FIRST_LOOK_EVERY_MS = 2_000
/** A flood of visitors writes tens of megabytes in a second. A look costs one stat. */
const ROTATE_EVERY_MS = 500
const REFILL_EVERY_MS = 60_000
const COMPLAIN_EVERY_MS = 60_000
const LOOK_FOR_DOCKER_EVERY_MS = 5_000
const LOOK_AT_MOUNTS_EVERY_MS = 60_000
/** Whoever started the director comes first. */
const TIDY_FIRST_AFTER_MS = 60_000
const TIDY_EVERY_MS = 60 * 60_000

/** Opens what is durable, settles what a killed director left, and listens. Answers with how to stop. */
export async function startDirector(settings: DirectorSettings): Promise<{ stop(): Promise<void> }> {
  const stateDir = join(settings.SWITCHYARD_DIR, 'state')
  const lockPath = join(stateDir, 'deploy.lock')
  const changes = releaseChanges()
  const logs = releaseLogs(join(stateDir, 'logs'))
  const reserve = reserveAt(join(stateDir, 'reserve'))
  const journal = reserve.spend(() =>
    openJournal(
      join(stateDir, 'journal.db'),
      (release) => changes.announce(release.id),
      startAnew,
      reserve.spend,
    ),
  )
  if (journal.restored) console.error(restoredSentence(journal.restored))
  await refill(reserve)
  const { parts: wired, ...seen } = wire(settings, { stateDir, journal, logs, reserve })
  const parts = { ...wired, trafficLog: seen.trafficLog }
  const log = (release: number, text: string): void => {
    logs.append(release, 'record', text)
    changes.announce(release)
  }
  const left = settling({
    parts,
    lockPath,
    log,
    script: { read: () => readBreakGlass(stateDir), forget: () => forgetBreakGlass(stateDir) },
  })
  const first = firstSlots({
    ...{ parts, lockPath, log },
    markerPath: join(settings.SWITCHYARD_DIR, FIRST_START_FILE),
  })
  const standby = standbyKeeper({ parts, lockPath, log })
  const { makeWay } = standby
  const tidy = tidying(parts, lockPath)
  const verbs = releases({ parts, logs, changes, lockPath, settle: left.underLock, makeWay, tidying: tidy })
  const limitMs = settings.FAILOVER_SECONDS * 1_000
  const lookout = failOver({ parts, releases: verbs, trafficLog: seen.trafficLog, limitMs })
  // Most is settled at once, before anyone can ask. A recovery that takes longer is to be seen by those who ask.
  const settle = async (): Promise<void> => {
    if (!verbs.running()) await Promise.race([left.now(), delay(SETTLING_PATIENCE_MS)])
  }
  const look = async (): Promise<SystemStatus> => {
    await settle()
    return lookAround({
      parts,
      releases: verbs,
      unsettled: left.problem(),
      failOver: lookout.problem(),
      lockPath,
      identity: whoIAm(settings),
      ...seen,
    })
  }
  const status = refreshedAtMost(STATUS_MAX_AGE_MS, look, () => {
    const running = verbs.running()
    const barred = journal.bars.list().map(({ deploymentId, at }) => `${deploymentId} ${at}`)
    return `${running?.id} ${running?.state} ${journal.newestLive()?.id} ${barred.join()} ${journal.freezes.inForce()?.at}`
  })
  // What a killed director left is not to wait for who may sign in, whose library takes longest of all to be loaded.
  await settle()
  const { openIdentity } = await import('./identity/identity.ts')
  const idleMs = settings.SESSION_IDLE_MINUTES * 60_000 || Number.POSITIVE_INFINITY
  const identity = await reserve.spendAsync(() =>
    openIdentity({ stateDir, idleMs, live: () => liveSentence(journal) }),
  )
  const api = {
    parts,
    releases: verbs,
    logs,
    changes,
    status,
    slotLines: seen.slotLines,
    audit: auditedBy(identity.audit, reserve),
    endAllSessions: () => identity.sessions.endAll(null),
  }
  const cli = cliKeeper(join(stateDir, 'cli'))
  await cli()
  await keepPreloads(seen)
  // A build that nobody waits for would take processor and memory from visitors until the next one.
  if (!verbs.running()) void endLeftBuilds(seen)
  const doors = await openDoors(api, identity, stateDir)
  const stopping = new AbortController()
  if (limitMs > 0) void keepLooking(lookout, stopping.signal)
  void keepTold({ told: toldIn(join(settings.SWITCHYARD_DIR, 'nginx/live')), lockPath }, stopping.signal)
  const timers = [
    setInterval(() => void settle(), SETTLE_EVERY_MS),
    setInterval(() => void (verbs.running() ?? first.now()), FIRST_LOOK_EVERY_MS),
    setInterval(() => void (verbs.running() ?? standby.now()), SETTLE_EVERY_MS),
    setInterval(rotation(seen), ROTATE_EVERY_MS),
    setInterval(() => void refill(reserve).then(journal.follow), REFILL_EVERY_MS),
    setInterval(() => void cli(), REFILL_EVERY_MS),
    setInterval(() => void keepPreloads(seen), REFILL_EVERY_MS),
    setInterval(() => void followDocker(seen, verbs), LOOK_FOR_DOCKER_EVERY_MS),
    setInterval(() => void leaveShared(seen, doors), LOOK_AT_MOUNTS_EVERY_MS),
    setTimeout(() => tidy.begin(console.log), TIDY_FIRST_AFTER_MS),
    setInterval(() => tidy.begin(console.log), TIDY_EVERY_MS),
  ]
  console.log(`The director of ${settings.COMPOSE_PROJECT_NAME} listens. ${liveSentence(journal)}`)

  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      stopping.abort()
      doors.close()
      await makeWay()
      await tidy.giveWay()
      await seen.close()
      identity.close()
      // A release under way is left to recovery: waiting for a build here would only end in SIGKILL.
      journal.close()
    },
  }
}

/** Docker starts this process again, which makes the journal from its copy; a release under way is recovery's then. */
function startAnew(cause: unknown): never {
  console.error(`state/journal.db is damaged: ${wordsOf(cause)}. The director starts anew and mends it.`)
  process.exit(1)
}

function restoredSentence({ reason, putAside, rows, lost }: Restored): string {
  const aside = putAside === null ? '' : ` What was there lies in ${putAside}.`
  const gap = lost === 0 ? '' : ` ${lost} lines of the copy could not be read.`
  return `state/journal.db could not be used: ${reason}. It was made anew from the ${rows} entries of its copy.${gap}${aside}`
}

/** A look at the access log's size, one at a time. */
function rotation({ rotateAccessLog }: Pick<Wired, 'rotateAccessLog'>): () => void {
  let isUnderWay = false
  let why = ''
  const failed = seldom(
    () => console.error(`nginx's access log could not be moved aside: ${why}.`),
    COMPLAIN_EVERY_MS,
  )
  return () => {
    if (isUnderWay) return
    isUnderWay = true
    rotateAccessLog()
      .catch((cause: unknown) => {
        why = wordsOf(cause)
        failed.happened()
      })
      .finally(() => {
        isUnderWay = false
      })
  }
}

async function endLeftBuilds({ removeLeftBuilds }: Pick<Wired, 'removeLeftBuilds'>): Promise<void> {
  try {
    await removeLeftBuilds()
  } catch (cause) {
    console.error(`What a build left could not be removed: ${wordsOf(cause)}.`)
  }
}

async function refill(reserve: Reserve): Promise<void> {
  try {
    await reserve.refill()
  } catch (cause) {
    console.error(`The reserve in state/reserve can't be made: ${wordsOf(cause)}.`)
  }
}

/** A slot that crashes is started again by Docker, at any time, with what lies under the name of its preload. */
async function keepPreloads({ mendPreloads }: Pick<Wired, 'mendPreloads'>): Promise<void> {
  try {
    for (const hash of await mendPreloads())
      console.error(`state/preload/${hash} was lost; the preload of now stands in for it.`)
  } catch (cause) {
    console.error(`What slots are started with can't be kept in state/preload: ${wordsOf(cause)}.`)
  }
}

/** Both slots have one socket, until the last one that was started so is gone. */
async function leaveShared(
  { isSharedSocketMounted }: Pick<Wired, 'isSharedSocketMounted'>,
  doors: Doors,
): Promise<void> {
  try {
    if (doors.hasShared() && !(await isSharedSocketMounted())) await doors.closeShared()
  } catch (cause) {
    console.error(`Whether a slot still uses state/run/slots can't be told: ${wordsOf(cause)}.`)
  }
}

/** Ends this process where Docker has left its socket: Docker, which is back by then, starts it with the new one. */
async function followDocker(
  { isDockerReplaced }: Pick<Wired, 'isDockerReplaced'>,
  verbs: ReturnType<typeof releases>,
): Promise<void> {
  try {
    if (verbs.running() || !(await isDockerReplaced()) || verbs.running()) return
    console.log(
      'Docker was started anew and listens on another socket; the director starts anew to reach it.',
    )
    process.kill(process.pid, 'SIGTERM')
  } catch (cause) {
    console.error(`Whether Docker was started anew can't be told: ${wordsOf(cause)}.`)
  }
}

function whoIAm(settings: DirectorSettings) {
  return { project: settings.COMPOSE_PROJECT_NAME, version: ownVersion, startedAt }
}

const startedAt = new Date().toISOString()

const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))

const ownVersion =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
