import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SLOTS, type Slot } from '../../../src/release/slot.ts'
import type { Aftermath, Fault, Moment } from '../fault.ts'
import type { Rig } from '../rig.ts'
import { containerIfAny, serviceOf } from '../rig-acts.ts'
import { giveCores } from '../starve.ts'

/** Docker gives a slot that hangs 30 s to end, where a release starts it anew. */
const HUNG_AT_MOST_MS = 90_000
/** What a release that is starved has not done by then it does with the processor back. */
const STARVED_AT_MOST_MS = 40_000
const SLOW_MS = 3_000
const TENTH = 0.1
/** At a hundred requests a second nginx takes about as much. */
const HUNDREDTH = 0.01
const TWENTIETH = 0.05

/** From here on the traffic is where the release leads it, and its slot is the live one. */
const MOVED = /^(switch:(renamed-current|ended)|confirm:|record:)/
/** From here on nothing but its slot can keep a deploy from going live. */
const COMMITTED = /^(switch:(switching|renamed|ended)|confirm:|record:)/
/** Before the release is confirmed, and so while it looks at its slot. */
const CONFIRMING = /^(switch:(renamed-current|ended)|confirm:started)/

const isRollbackOrCommitted: Fault['isHarmless'] = (point, verb) =>
  verb === 'rollback' || COMMITTED.test(point)

/** Nobody is to be kept at a slot that hangs, and no release is to fail for one that it leads away from. */
export const liveHung: Fault = {
  name: 'live-hung',
  title: 'the live slot hangs (SIGSTOP) until the release has ended',
  isHarmless: (point) => !MOVED.test(point),
  when: 'after',
  strike: (moment) => hung(moment, [moment.live]),
}

export const targetHung: Fault = {
  name: 'target-hung',
  title: "the release's own slot hangs (SIGSTOP) until the release has ended",
  when: 'after',
  strike: (moment) => hung(moment, [moment.target]),
}

export const bothHung: Fault = {
  name: 'both-hung',
  title: 'both slots hang (SIGSTOP) until the release has ended',
  isHarmless: (point, verb) => verb === 'rollback' || MOVED.test(point),
  when: 'after',
  strike: (moment) => hung(moment, SLOTS),
}

/** Visitors are excused for as long as it hangs and is live, and no longer. */
async function hung(moment: Moment, slots: readonly Slot[]): Promise<Aftermath | null> {
  const { rig, point, live, ended } = moment
  const stopped = await Promise.all(slots.map((slot) => signalAll(rig, slot, 'STOP')))
  rig.breakpoints.go()
  if (!stopped.some(Boolean)) return null
  await ended(HUNG_AT_MOST_MS)
  const violations = slots.length === 1 ? await keptAtHung(moment, slots) : await failedOver(rig)
  let untilMs = performance.now()
  return {
    violations,
    repair: async () => {
      for (const slot of slots) await signalAll(rig, slot, 'CONT')
      untilMs = performance.now()
    },
    ...(slots.includes(live) || COMMITTED.test(point) ? { excusedUntilMs: async () => untilMs } : {}),
  }
}

/** A release that finds its slot to hang while the other one is well goes back to that. */
async function keptAtHung({ rig, target, point }: Moment, slots: readonly Slot[]): Promise<string[]> {
  if (!slots.includes(target) || !CONFIRMING.test(point)) return []
  const { live } = (await rig.system.status()).routing
  return live === target ? [`Visitors were left at ${target}, which hangs.`] : []
}

/** Where both are as bad, or the machine is, nothing moves by itself. */
async function failedOver({ system }: Rig): Promise<string[]> {
  const [newest] = await system.history()
  return newest?.actor.kind === 'director' ? [`Release ${newest.id} is a fail-over.`] : []
}

/** All processes of a slot, which a signal to its first would not reach. False where none runs. */
async function signalAll(rig: Rig, slot: Slot, name: 'STOP' | 'CONT'): Promise<boolean> {
  const container = await containerIfAny(rig, serviceOf(slot))
  const top = await container?.top().catch(() => null)
  const column = top?.Titles.indexOf('PID') ?? -1
  const pids = (top?.Processes ?? []).flatMap((row: readonly string[]) => row[column] ?? [])
  if (pids.length === 0) return false
  return (await rig.system.run('kill', [`-${name}`, ...pids])).code === 0
}

/** A probe gives up after 4 s, so that those which wait for another are excused too. */
export const bothSlow: Fault = {
  name: 'both-slow',
  title: 'each answer of both slots takes 3 s until the release has ended',
  isHarmless: isRollbackOrCommitted,
  when: 'after',
  strike: (moment) => {
    const paths = SLOTS.map((slot) => join(moment.rig.system.dir, 'state/run', slot, 'slow'))
    return during(moment, {
      begin: () => {
        for (const path of paths) writeFileSync(path, String(SLOW_MS))
      },
      end: () => {
        for (const path of paths) rmSync(path, { force: true })
      },
    })
  },
}

export const machineStarved: Fault = {
  name: 'machine-starved',
  title: 'a tenth of a core for all containers until the release has ended',
  isHarmless: isRollbackOrCommitted,
  when: 'after',
  strike: (moment) => starved(moment, null, TENTH),
}

export const nginxStarved: Fault = {
  name: 'nginx-starved',
  title: 'a hundredth of a core for nginx until the release has ended',
  isHarmless: isRollbackOrCommitted,
  when: 'after',
  strike: (moment) => starved(moment, 'traffic_proxy', HUNDREDTH),
}

/** Visitors have nothing to do with it, so that nothing is excused. */
export const directorStarved: Fault = {
  name: 'director-starved',
  title: 'a twentieth of a core for the director until the release has ended',
  isHarmless: isRollbackOrCommitted,
  when: 'after',
  strike: async (moment) => {
    const { excusedUntilMs: _excused, ...aftermath } = await starved(moment, 'director', TWENTIETH)
    return aftermath
  },
}

async function starved(moment: Moment, service: string | null, cores: number): Promise<Aftermath> {
  const { system } = moment.rig
  const id = service === null ? '' : `/${(await system.container(service)).id}`
  const group = `${system.name}${id}`
  return during(moment, { begin: () => giveCores(group, cores), end: () => giveCores(group, null) })
}

/** Excused until it is over. */
async function during(
  { rig, ended }: Moment,
  { begin, end }: { begin(): void; end(): void },
): Promise<Aftermath> {
  begin()
  rig.breakpoints.go()
  let untilMs: number
  try {
    await ended(STARVED_AT_MOST_MS)
  } finally {
    end()
    untilMs = performance.now()
  }
  const violations = await failedOver(rig)
  // What it had not done yet it does now.
  await ended()
  return { violations, excusedUntilMs: async () => untilMs }
}
