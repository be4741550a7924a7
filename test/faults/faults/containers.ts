import { setTimeout as delay } from 'node:timers/promises'
import type { Aftermath, Fault } from '../fault.ts'
import type { Rig } from '../rig.ts'
import { answersAgain, containerIfAny, serviceOf, signal } from '../rig-acts.ts'

/** From here on the target has passed its last check, and the traffic is or may be on its way to it. */
const COMMITTED = /^(switch:(switching|renamed|ended)|confirm:|record:)/

export const targetDies: Fault = {
  name: 'target-dies',
  title: "the release's own slot dies",
  when: 'after',
  strike: async ({ rig, target, live, point }) => {
    const sinceMs = performance.now()
    const isStruck = await signal(rig, serviceOf(target), 'KILL')
    rig.breakpoints.go()
    if (!isStruck) return null
    return target === live || COMMITTED.test(point) ? untilBack(rig, serviceOf(target), sinceMs) : {}
  },
}

export const liveDies: Fault = {
  name: 'live-dies',
  title: 'the live slot dies',
  when: 'after',
  strike: async ({ rig, live }) => {
    const sinceMs = performance.now()
    await signal(rig, serviceOf(live), 'KILL')
    rig.breakpoints.go()
    return untilBack(rig, serviceOf(live), sinceMs)
  },
}

export const nginxRestarted: Fault = {
  name: 'nginx-restarted',
  title: 'nginx restarted',
  when: 'after',
  strike: async ({ rig }) => {
    const sinceMs = performance.now()
    const restarted = (await rig.system.container('traffic_proxy')).restart({ t: 1 })
    await delay(50)
    rig.breakpoints.go()
    await restarted
    return untilBack(rig, 'traffic_proxy', sinceMs)
  },
}

export const nameTaken: Fault = {
  name: 'name-taken',
  title: "the slot's container gone and its name taken by a stranger",
  when: 'after',
  // Later nothing asks for the name any more, and a rollback never does.
  meets: ({ verb, point, points }) =>
    verb === 'deploy' && points.indexOf(point) <= points.indexOf('start:started'),
  strike: async ({ rig, target, live, ended }) => {
    if (target === live) return null
    const service = serviceOf(target)
    const own = await containerIfAny(rig, service)
    if (!own) return null
    const { Name, Config } = await own.inspect()
    await own.remove({ force: true })
    const stranger = await rig.docker.createContainer({ name: Name.slice(1), Image: Config.Image })
    rig.breakpoints.go()
    await ended()
    return { losesStandby: true, repair: () => stranger.remove({ force: true }) }
  },
}

/** Docker starts it again by itself. A release may have made the slot anew meanwhile, which counts alike. */
function untilBack(rig: Rig, service: string, sinceMs: number): Aftermath {
  return { excusedUntilMs: () => answersAgain(rig, service, sinceMs) }
}
