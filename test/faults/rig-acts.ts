import type Docker from 'dockerode'
import type { Slot } from '../../src/release/slot.ts'
import { until } from '../engine/until.ts'
import type { Rig } from './rig.ts'

const END_DEADLINE_MS = 15_000
const START_DEADLINE_MS = 40_000
/** The app needs time for its own start, more of it on a busy machine. */
const APP_START_MS = 15_000

export const SERVICES = ['runtime_primary', 'runtime_secondary', 'traffic_proxy', 'director'] as const

/** Docker takes a signal through its own API for the operator's wish and does not restart; a crash comes from elsewhere. */
export async function signal(rig: Rig, service: string, name: 'KILL' | 'TERM'): Promise<boolean> {
  const container = await containerIfAny(rig, service)
  const pid = container ? (await container.inspect()).State.Pid : 0
  if (pid === 0) return false
  const { code } = await rig.system.run('kill', [`-${name}`, String(pid)])
  return code === 0
}

/**
 * Ends the director's process from outside and starts it again. Docker would do that too, and would wait twice as long
 * each time.
 */
export async function restartDirector(
  rig: Rig,
  name: 'KILL' | 'TERM',
  { whileEnding, whileDown }: { whileEnding?(): void; whileDown?(): Promise<unknown> } = {},
): Promise<void> {
  const director = await rig.system.container('director')
  await setPolicy(rig, director.id, 'no')
  await signal(rig, 'director', name)
  whileEnding?.()
  await until('the director has ended', END_DEADLINE_MS, async () =>
    (await director.inspect()).State.Running ? null : true,
  )
  await whileDown?.()
  // Whoever mended meanwhile may have started it, or made it anew.
  const now = await rig.system.container('director')
  if (!(await now.inspect()).State.Running) await now.start()
  await setPolicy(rig, now.id, 'always')
}

/** What Docker does when the container ends or the daemon starts. */
export async function setPolicy({ docker }: Rig, id: string, name: 'no' | 'always'): Promise<void> {
  await docker.getContainer(id).update({ RestartPolicy: { Name: name } })
}

export const serviceOf = (slot: Slot): string => `runtime_${slot}`

export async function containerIfAny(rig: Rig, service: string): Promise<Docker.Container | null> {
  return rig.system.container(service).catch(() => null)
}

/** When (of `performance.now()`) the service's container was started again after `sinceMs`; waits for that. */
export async function startedAgain(rig: Rig, service: string, sinceMs: number): Promise<number> {
  return until(`${service} is started again`, START_DEADLINE_MS, async () => {
    const container = await containerIfAny(rig, service)
    if (!container) return null
    const { State } = await container.inspect()
    const ms = Date.parse(State.StartedAt) - performance.timeOrigin
    return State.Running && ms > sinceMs ? ms : null
  })
}

/** The same for when visitors get good answers again: Docker calls a container started before anybody listens in it. */
export async function answersAgain(rig: Rig, service: string, sinceMs: number): Promise<number> {
  return servedFrom(rig, await startedAgain(rig, service, sinceMs))
}

/** When the first visitor since `startedMs` was served, or when the app's own start is no excuse any more. */
export function servedFrom({ prober }: Rig, startedMs: number): number {
  const [first] = prober.servedSince(startedMs)
  return Math.min(first?.sentMs ?? Number.POSITIVE_INFINITY, startedMs + APP_START_MS)
}
