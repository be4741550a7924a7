import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DirectorSettings } from '../config/director.ts'
import { forgetBreakGlass, readBreakGlass } from '../nginx/break-glass.ts'
import { ReleaseError, reasonOf } from '../release/errors.ts'
import { liveSentence } from '../release/live-sentence.ts'
import { recover } from '../release/recovery.ts'
import type { Parts } from '../release/steps.ts'
import { recordNewest } from '../release/unrecorded.ts'
import { openJournal } from '../state/journal.ts'
import { takeLock } from '../state/lock.ts'
import { releaseLogs } from '../state/release-log.ts'
import { adoptRollback } from './adopt.ts'
import { type ApiParts, directorApi } from './api.ts'
import { releaseChanges } from './changes.ts'
import { hostGate, slotsGate } from './gate.ts'
import { type Identity, openIdentity } from './identity/identity.ts'
import { addHostRoutes, addIdentityRoutes } from './identity-api.ts'
import { listenOn } from './listen.ts'
import { refreshedAtMost } from './refreshed.ts'
import { releases } from './releases.ts'
import { lookAround } from './view.ts'
import { type Wired, wire } from './wiring.ts'

/** The group of the slots' processes: `user` in the compose file. */
const SLOTS_GROUP = 1_000
const STATUS_MAX_AGE_MS = 1_000
const ADOPT_EVERY_MS = 5_000
const ROTATE_EVERY_MS = 60_000
const LOCK_PATIENCE_MS = 60_000

/** Opens what is durable, settles what a killed director left, then listens. Answers with how to stop. */
export async function startDirector(settings: DirectorSettings): Promise<{ stop(): Promise<void> }> {
  const stateDir = join(settings.SWITCHYARD_DIR, 'state')
  const lockPath = join(stateDir, 'deploy.lock')
  const changes = releaseChanges()
  const logs = releaseLogs(join(stateDir, 'logs'))
  const journal = openJournal(join(stateDir, 'journal.db'), (release) => changes.announce(release.id))
  const identity = await openIdentity({ stateDir, live: () => liveSentence(journal) })
  const { parts, ...seen } = wire(settings, stateDir, journal)
  await settleUnderLock(parts, logs, lockPath)

  const verbs = releases({ parts, logs, changes, lockPath })
  const adopt = adopter(parts, verbs, stateDir)
  const status = refreshedAtMost(STATUS_MAX_AGE_MS, async () => {
    await adopt()
    return lookAround({ parts, releases: verbs, lockPath, identity: whoIAm(settings), ...seen })
  })
  const api = {
    parts,
    releases: verbs,
    logs,
    changes,
    status,
    slotLines: seen.slotLines,
    audit: identity.audit,
  }
  const servers = await listen(api, identity, stateDir)
  const timers = [
    setInterval(() => void adopt(), ADOPT_EVERY_MS),
    setInterval(() => void rotate(seen), ROTATE_EVERY_MS),
  ]
  console.log(`The director of ${settings.COMPOSE_PROJECT_NAME} listens. ${liveSentence(journal)}`)

  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
      seen.close()
      identity.close()
      // A release under way is left to recovery: waiting for a build here would only end in SIGKILL.
      journal.close()
    },
  }
}

async function listen(api: ApiParts, identity: Identity, stateDir: string) {
  const host = directorApi(api, hostGate())
  addHostRoutes(host, identity)
  const slots = directorApi(api, slotsGate(identity))
  addIdentityRoutes(slots, identity)
  return Promise.all([
    listenOn(host, join(stateDir, 'run/host/director.sock'), { mode: 0o600, groupId: 0 }),
    listenOn(slots, join(stateDir, 'run/slots/director.sock'), { mode: 0o660, groupId: SLOTS_GROUP }),
  ])
}

/** Nobody is served by this process until what a former one left is settled; a script that holds the lock is waited for. */
async function settleUnderLock(
  parts: Parts,
  logs: ReturnType<typeof releaseLogs>,
  lockPath: string,
): Promise<void> {
  const holder = {
    verb: 'recovery',
    release: null,
    actor: { kind: 'director' as const, name: 'director' },
    since: new Date().toISOString(),
  }
  const deadlineMs = performance.now() + LOCK_PATIENCE_MS
  let held = await takeLock(lockPath, holder)
  while (!held && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    held = await takeLock(lockPath, holder)
  }
  if (!held)
    throw new Error('The release lock is held by someone else; the director can not settle what was left.')
  try {
    for (const release of parts.journal.unfinished()) {
      const { recovery } = await recover(parts, release, (text) => logs.append(release.id, 'record', text))
      console.log(`Release ${release.id}: ${recovery}`)
    }
    await recordNewest(parts, (id, text) => logs.append(id, 'record', text))
  } finally {
    held.release()
  }
}

/** Takes over a rollback by the script, under the lock; where that is held, the next look does. */
function adopter(parts: Parts, verbs: ReturnType<typeof releases>, stateDir: string): () => Promise<void> {
  const self = { kind: 'director' as const, name: 'director' }
  return async () => {
    if (verbs.running()) return
    try {
      const script = await readBreakGlass(stateDir)
      if (!script) return
      const release = await verbs.exclusively('recovery', self, async () => {
        const adopted = await adoptRollback(parts, script)
        await forgetBreakGlass(stateDir)
        return adopted
      })
      if (release) console.log(`Release ${release.id}: ${release.recovery}`)
    } catch (cause) {
      if (cause instanceof ReleaseError && cause.code === 'busy') return
      console.error(`A rollback by ./rollback.sh could not be taken over: ${reasonOf(cause)}`)
    }
  }
}

async function rotate({ rotateAccessLog }: Pick<Wired, 'rotateAccessLog'>): Promise<void> {
  try {
    await rotateAccessLog()
  } catch (cause) {
    console.error(`nginx's access log could not be moved aside: ${reasonOf(cause)}`)
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
