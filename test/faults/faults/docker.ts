import { setTimeout as delay } from 'node:timers/promises'
import { shuffle } from '../cells.ts'
import type { Aftermath, Fault, Moment } from '../fault.ts'
import type { Rig } from '../rig.ts'
import { SERVICES, servedFrom, setPolicy, startedAgain } from '../rig-acts.ts'

const WITHOUT_DOCKER_MS = 700
const GAP_MS = 300

export const dockerKilled: Fault = {
  name: 'docker-killed',
  title: "Docker's daemon killed and started",
  when: 'after',
  strike: async ({ rig }) => {
    const sinceMs = performance.now()
    await rig.machine.killDaemon()
    rig.breakpoints.go()
    await delay(WITHOUT_DOCKER_MS)
    await rig.machine.startDaemon()
    return afterwards(rig, sinceMs)
  },
}

export const dockerRestarted: Fault = {
  name: 'docker-restarted',
  title: "Docker's daemon restarted",
  when: 'after',
  strike: async ({ rig }) => {
    const sinceMs = performance.now()
    rig.breakpoints.go()
    await rig.machine.stopDaemon()
    await rig.machine.startDaemon()
    return afterwards(rig, sinceMs)
  },
}

export const reboot: Fault = {
  name: 'reboot',
  title: 'power cut, then all containers started in random order',
  when: 'after',
  strike: async (moment) => {
    const { rig } = moment
    const sinceMs = performance.now()
    const ran = await running(rig)
    for (const id of ran) await setPolicy(rig, id, 'no')
    await rig.machine.cutPower()
    rig.prober.reconnect()
    await rig.machine.boot()
    await startInRandomOrder(moment, ran)
    rig.prober.reconnect()
    return afterwards(rig, sinceMs)
  },
}

async function running({ docker, system }: Rig): Promise<string[]> {
  const filters = { label: [`com.docker.compose.project=${system.name}`] }
  return (await docker.listContainers({ filters })).map(({ Id }) => Id)
}

/** Docker starts all of `restart: always` at once, so that their order is taken out of its hands first. */
async function startInRandomOrder({ rig, random }: Moment, ids: readonly string[]): Promise<void> {
  for (const id of shuffle(ids, Math.floor(random() * 2 ** 32))) {
    await rig.docker.getContainer(id).start()
    await setPolicy(rig, id, 'always')
    await delay(Math.floor(random() * GAP_MS))
  }
}

/**
 * Visitors have nginx and both slots again when the last of them was started, somebody answers at nginx's port, and the app has
 * come up. After a crash Docker 20.10 sometimes leaves the network namespace of the nginx before at the bridge for ten
 * seconds: port and iptables lead to the address of both, and whoever connects is refused.
 */
function afterwards(rig: Rig, sinceMs: number): Aftermath {
  rig.prober.reconnect()
  const names = SERVICES.filter((name) => name !== 'director')
  return {
    excusedUntilMs: async () => {
      const startedMs = Math.max(
        ...(await Promise.all(names.map((name) => startedAgain(rig, name, sinceMs)))),
      )
      const reachedMs = rig.prober.reachedSince(startedMs)
      if (reachedMs === null) throw new Error('Nobody answers at the port of nginx since it was started.')
      return Math.max(reachedMs, servedFrom(rig, startedMs))
    },
  }
}
