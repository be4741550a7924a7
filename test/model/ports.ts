import { isDeepStrictEqual } from 'node:util'
import { ReleaseError } from '../../src/release/errors.ts'
import type { Build } from '../../src/release/release.ts'
import type { Slot } from '../../src/release/slot.ts'
import type { Parts } from '../../src/release/steps.ts'
import { NO_MARKS, NO_STOCK } from '../fixtures/bare-parts.ts'
import { now, pass } from './clock.ts'
import { call, callAtOnce, type Life } from './faults.ts'
import { DRAIN_CAP_MS, inspect, mustBeLive, newRuntime, probe, start, stop, write } from './world.ts'

const SETTINGS = {
  ...{ drainCapMs: DRAIN_CAP_MS, healthDeadlineMs: 60_000, moveDeadlineMs: 10_000 },
  keep: { builds: 5, days: 7 },
}
const DISK_FULL = 'ENOSPC: no space left on device'

const broken = (words: string) => (): Error => new Error(words)
const refused = (code: ConstructorParameters<typeof ReleaseError>[0]) => (): Error =>
  new ReleaseError(code, { reason: 'it was to fail' })

export function newBuild(release: number): Build {
  const [image, version] = [`shop:${release}`, `${release}.0.0`]
  return {
    image,
    version,
    deploymentId: `b${release}`,
    revision: null,
    hasConsole: release % 5 > 0,
    madeBy: release,
  }
}

/** The engine's ports over a world in memory. `obtained` is what a build comes to. */
export function portsOver(life: Life, obtained: (release: number) => Build): Parts {
  const { world } = life
  return {
    settings: SETTINGS,
    keepMarks: NO_MARKS,
    stock: NO_STOCK,
    journal: journalOver(life),
    bars: {
      list: world.journal.bars.list,
      bar: (build, reason, actor) =>
        callAtOnce(
          life,
          'write down the bar',
          () => world.journal.bars.bar(build, reason, actor),
          broken(DISK_FULL),
        ),
      unbar: (id, actor) =>
        callAtOnce(
          life,
          'write down that the bar is gone',
          () => world.journal.bars.unbar(id, actor),
          broken(DISK_FULL),
        ),
    },
    freezes: world.journal.freezes,
    traffic: trafficOver(life),
    builder: {
      check: (_source, signal) =>
        call(life, {
          name: 'check the source',
          effect: () => 'It is there.',
          failure: refused('ref-unknown'),
          signal,
        }),
      obtain: ({ release }, _log, signal) =>
        call(life, {
          name: 'build',
          effect: () => obtained(release),
          failure: refused('build-failed'),
          signal,
        }),
    },
    slots: {
      inspect: (slot, signal) =>
        call(life, {
          ...{ name: `ask Docker about ${slot}`, signal, failure: refused('docker-unreachable') },
          effect: () => inspect(world, slot),
        }),
      start: (slot, given, _log, signal) =>
        call(life, {
          ...{
            name: `start ${given.build.image} in ${slot} for release ${given.release}`,
            signal,
            failure: refused('start-failed'),
          },
          effect: () => start(world, slot, given),
        }),
      stop: (slot, _log, signal) =>
        call(life, {
          ...{ name: `stop ${slot}`, signal, failure: refused('docker-unreachable') },
          effect: () => stop(world, slot),
        }),
      tail: (slot, _lines, signal) =>
        call(life, {
          name: `read the log of ${slot}`,
          effect: () => '',
          failure: refused('docker-unreachable'),
          signal,
        }),
    },
    health: healthOver(life),
    assets: {
      publish: (_slot, _build, _log, signal) =>
        call(life, {
          name: 'publish files',
          effect: () => ({ files: 0 }),
          failure: refused('assets-failed'),
          signal,
        }),
    },
    preflight: {
      run: (_source, signal) =>
        call(life, {
          name: 'check the host',
          effect: () => [],
          failure: refused('docker-unreachable'),
          signal,
        }),
    },
    runtimes: {
      mustBeKept: async () => undefined,
      change: async () => null,
      prune: async () => false,
      now: (_log, signal) =>
        call(life, {
          ...{ name: 'keep the environment of now', signal, failure: broken(DISK_FULL) },
          effect: () => newRuntime(world),
        }),
    },
    envFile: {
      write: (started, live) =>
        call(life, {
          ...{ name: 'write the env file', failure: broken(DISK_FULL) },
          effect: () => {
            const at = world.routing?.live
            // What the journal says is written where the routing can't be read, and corrected once it can.
            if (at !== live && world.journal.newestLive()?.slot !== live)
              world.violations.push(`the env file named ${live}, and visitors got ${at}`)
            world.env = { started, live }
          },
        }),
      has: (started, live) =>
        call(life, {
          ...{ name: 'read the env file', failure: broken('EIO: i/o error') },
          effect: () => isDeepStrictEqual(world.env, { started, live }),
        }),
      // A run prunes nothing, which alone asks for it.
      runtimes: async () => [],
    },
  }
}

/** Reading is not known to fail: a journal that can't be read ends the director. */
function journalOver(life: Life): Parts['journal'] {
  const { journal } = life.world
  return {
    ...journal,
    create: (draft) =>
      callAtOnce(
        life,
        `journal: a ${draft.verb} to ${draft.slot} is created`,
        () => journal.create(draft),
        broken(DISK_FULL),
      ),
    append: (id, event) => {
      const name = 'name' in event ? ` ${event.name}` : ''
      return callAtOnce(
        life,
        `journal: release ${id}, ${event.type}${name}`,
        () => {
          const release = journal.append(id, event)
          if (event.type === 'live') mustBeLive(life.world, release)
          return release
        },
        broken(DISK_FULL),
      )
    },
  }
}

function trafficOver(life: Life): Parts['traffic'] {
  const { world } = life
  const read = () =>
    call(life, { name: 'read the routing', effect: () => world.routing, failure: refused('routing-edited') })
  return {
    read,
    served: read,
    checkConfig: async () => undefined,
    reload: async () => ({ tookMs: 1, workers: 1 }),
    write: (next) =>
      call(life, {
        ...{
          name: `write generation ${next.generation}, ${next.live} live, up: ${next.up}`,
          failure: broken(DISK_FULL),
        },
        effect: () => write(world, next),
      }),
    confirm: (expected, signal) =>
      call(life, {
        ...{ name: `confirm ${expected.slot} through nginx`, signal, failure: refused('switch-unconfirmed') },
        effect: () => {
          const { routing, containers } = world
          const container = containers[expected.slot]
          world.seenThroughNginx = null
          const isServed = routing?.generation === expected.generation && routing.live === expected.slot
          if (!isServed) throw new ReleaseError('switch-unconfirmed', { reason: 'something else answers' })
          if (container?.state !== 'running' || container.isHung)
            return { tookMs: 1, sight: 'silent', missing: 'it does not answer' } as const
          world.seenThroughNginx = container.status
          if (container.release !== expected.release)
            throw new ReleaseError('switch-unconfirmed', { reason: 'another release answers' })
          return expected.health === 'any' || container.status === 'operational'
            ? ({ tookMs: 1, sight: 'answers', missing: null } as const)
            : ({ tookMs: 1, sight: 'ill', missing: 'it is ill' } as const)
        },
      }),
  }
}

function healthOver(life: Life): Parts['health'] {
  const { world } = life
  const look = (slot: Slot) => ({ payload: probe(world, slot), latencyMs: 1, httpStatus: 200 })
  return {
    probe: (slot, signal) =>
      call(life, {
        ...{ name: `probe ${slot}`, effect: () => look(slot), signal },
        failure: () => {
          world.seenWell[slot] = null
          return new Error('no answer')
        },
      }),
    untilHealthy: (slot, { release }, _log, signal) =>
      call(life, {
        ...{
          name: `wait until release ${release} is healthy in ${slot}`,
          signal,
          failure: refused('never-healthy'),
        },
        effect: () => {
          const { payload } = look(slot)
          if (payload.status === 'operational' && payload.release === release)
            return { tookMs: now(), latencyMs: 1 }
          pass(SETTINGS.healthDeadlineMs)
          throw new ReleaseError('never-healthy', { reason: payload.status })
        },
      }),
  }
}
