import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { writeNodeOptions } from '../docker/node-options.ts'
import { describeProject, type Project } from '../docker/project.ts'
import { slotVariables } from '../docker/slot-variables.ts'
import { slotHealth } from '../health/slot-health.ts'
import { freshRequest } from '../nginx/fresh-request.ts'
import { writeGeneration } from '../nginx/switch.ts'
import type { LogSink } from '../release/ports.ts'
import type { SlotStart } from '../release/runtime.ts'
import type { Slot } from '../release/slot.ts'
import { composeUp } from '../setup/compose.ts'
import { type OpenJournal, openJournal } from '../state/journal.ts'
import { preloadStore } from '../state/preload/store.ts'
import { addressOf } from '../topology/addresses.ts'
import { routingTo } from './next-routing.ts'
import type { Place } from './place.ts'
import type { Seen } from './seen.ts'
import { SERVICES, type Service, serviceOfSlot } from './services.ts'
import { containerOf, startHeldBy } from './truth.ts'

const CONFIRM_WITHIN_MS = 10_000
const ANSWER_WITHIN_MS = 4_000
const IN_A_ROW = 5
const PAUSE_MS = 50
const RESTART_GRACE_SECONDS = 5

/** What mends work with. They run under the release lock. */
export type Bench = {
  place: Place
  seen: Seen
  project: Project
  signal: AbortSignal
  log: LogSink
  /** Has compose start a service that is no slot; with `isForced`, makes its container anew in any case. */
  start(service: 'traffic_proxy' | 'director', options?: { isForced: boolean }): Promise<void>
  /** The same for a slot, with the build that the journal says it holds, and waits until that is healthy. */
  startSlot(slot: Slot, options?: { isForced: boolean }): Promise<void>
  /** Starts the container of `service` anew, and leaves it what it is. */
  restart(service: Service): Promise<void>
  /** Sees to it that what `slot` is started with beside its build and environment is there. */
  keepStartFiles(slot: Slot): Promise<void>
  untilHealthy(slot: Slot): Promise<void>
  /** Writes a whole new generation with `live`, over whatever is there, and waits until nginx serves it. */
  routeTo(live: Slot): Promise<void>
  /** Waits until nginx answers; with a slot, until that is what it serves. */
  untilServed(slot?: Slot): Promise<void>
  /** Opens the journal for `work` and closes it after. */
  journal<T>(work: (journal: OpenJournal) => T | Promise<T>): Promise<T>
}

export function createBench(place: Place, seen: Seen, log: LogSink, signal: AbortSignal): Bench {
  const { docker, paths } = place
  const { system } = seen
  const health = slotHealth({
    addressOf: (slot) => addressOf(system.prefixes, slot),
    settings: { deadlineMs: system.healthDeadlineMs, warmUpPaths: system.warmUpPaths },
  })

  const preloads = preloadStore(join(paths.state, 'preload'), preloadOfNow())

  async function up(service: Service, env: readonly string[], isForced: boolean): Promise<void> {
    const { project, toolsImage: tools } = system
    await composeUp(docker, { paths, tools, project, services: [service], env, isForced }, log)
  }

  async function keepStartFiles(slot: Slot): Promise<void> {
    const start = mustHold(seen, slot)
    if (start.runtime.preload !== null) await preloads.mend(start.runtime.preload)
    await writeNodeOptions(docker, paths, slot, start)
  }

  /** The build by the environment, as a release does: the env file may still name another. */
  async function startSlot(slot: Slot, { isForced } = { isForced: false }): Promise<void> {
    const variables = slotVariables(slot, mustHold(seen, slot))
    await keepStartFiles(slot)
    const env = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
    await up(serviceOfSlot[slot], env, isForced)
    await untilHealthy(slot)
  }

  async function untilHealthy(slot: Slot): Promise<void> {
    const { release, build } = mustHold(seen, slot)
    await health.untilHealthy(slot, { release, build }, log, signal)
  }

  async function untilServed(slot?: Slot): Promise<void> {
    const host = system.httpAddress === '0.0.0.0' ? '127.0.0.1' : system.httpAddress
    const url = new URL('/api/system/status', `http://${host}:${system.httpPort}`)
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONFIRM_WITHIN_MS)])
    let inARow = 0
    while (inARow < IN_A_ROW) {
      if (deadline.aborted) {
        throw new Error(slot ? `nginx does not serve ${slot} yet` : `nginx does not answer on ${url.host}`)
      }
      const answer = await freshRequest(url, ANSWER_WITHIN_MS, deadline).catch(() => null)
      const isGood = answer !== null && (slot === undefined || answer.headers['x-served-by'] === slot)
      inARow = isGood ? inARow + 1 : 0
      if (!isGood) await pause(PAUSE_MS)
    }
  }

  return {
    ...{ place, seen, signal, log, startSlot, keepStartFiles, untilHealthy, untilServed },
    project: describeProject({
      directory: paths.directory,
      name: system.project,
      socketPath: '/var/run/docker.sock',
      environment: {},
    }),
    start: (service, { isForced } = { isForced: false }) => up(service, [], isForced),
    restart: async (service) => {
      const found = containerOf(seen, service)
      if (found === null) throw new Error(`${SERVICES[service].words} has no container`)
      await docker.getContainer(found.id).restart({ t: RESTART_GRACE_SECONDS })
    },
    routeTo: async (live) => {
      // A directory of that name would be in the way for ever.
      await rm(join(paths.nginxLive, 'current.tmp'), { recursive: true, force: true })
      await writeGeneration(paths.nginxLive, routingTo(seen, live))
      // A slot that does not answer, or an nginx that does not run, is a matter of its own.
      if (seen.slots[live].kind === 'status' && seen.nginx.answers.length > 0) await untilServed(live)
    },
    journal: async (work) => {
      const journal = openJournal(`${paths.state}/journal.db`)
      try {
        return await work(journal)
      } finally {
        journal.close()
      }
    },
  }
}

/** The files of today's preload: beside the bundle of the command line, or in a checkout. */
function preloadOfNow(): string {
  const here = import.meta.dirname
  return existsSync(join(here, 'install.cjs')) ? here : join(here, '../workload/preload')
}

function mustHold(seen: Seen, slot: Slot): SlotStart {
  const held = startHeldBy(seen, slot)
  if (held === null) throw new Error(`the journal does not say what ${slot} holds`)
  return held
}
