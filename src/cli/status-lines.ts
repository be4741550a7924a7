import type { SlotView, SystemStatus } from '../director/protocol.ts'
import { barWords } from '../release/bar.ts'
import { whoWords } from '../release/freeze.ts'
import { inFlightText } from '../release/in-flight-words.ts'
import { otherSlot } from '../release/slot.ts'
import { type TrafficNews, trafficNews } from '../release/traffic-words.ts'
import { ago, bytes, duration, rate } from '../words/quantities.ts'
import { freezeLines } from './despite-freeze.ts'
import { releaseTitle, stateWord, table, tookMs } from './format.ts'
import { harmless, type Screen } from './screen.ts'

/** The whole system on a few lines: slots, what is under way, what came last, what is wrong. */
export function statusLines(status: SystemStatus, { paint }: Pick<Screen, 'paint'>): string[] {
  const nowMs = Date.parse(status.now)
  const { primary, secondary } = status.slots
  const slots = table([
    [
      ...['slot', 'role', 'version', 'state', 'latency', 'up', 'in flight', 'req/s', 'p99'],
      ...['cpu', 'memory', 'address'],
    ],
    ...[primary, secondary].map(slotCells),
  ])
  return [
    ...freezeNews(status, paint),
    headline(status),
    '',
    ...slots,
    '',
    ...openTabs(status),
    ...releaseNews(status, nowMs),
    ...bars(status),
    ...problems(status).map((text) => paint('yellow', text)),
  ]
}

/** Above everything else: who looks why nothing is deployed any more finds it here. */
function freezeNews({ freeze }: SystemStatus, paint: Screen['paint']): string[] {
  if (freeze === null) return []
  return [...freezeLines(freeze, { paint }), '  Lift it: switchyard unfreeze', '']
}

function headline({ project, live, routing, standby, slots }: SystemStatus): string {
  if (routing.live === null) return `${project}: nothing is live yet.`
  const back = backWords(live, standby, slots[otherSlot(routing.live)].barred !== null)
  const version = harmless(live?.version ?? 'an unknown build')
  if (!routing.nginxAnswers)
    return `${project}: nginx does not answer, so visitors get nothing; it would serve ${version} from the ${routing.live} slot. ${back}`
  return `${project}: visitors get ${version} from the ${routing.live} slot. ${back}`
}

function backWords(live: SystemStatus['live'], standby: SystemStatus['standby'], isBarred: boolean): string {
  if (isBarred) return 'There is nothing to roll back to: the other build is barred.'
  if (standby === null) return 'There is no build to roll back to.'
  if (standby.image === live?.image)
    return 'The standby runs the same build, so a rollback would change nothing.'
  return `A rollback would bring back ${harmless(standby.version)}.`
}

function slotCells({
  slot,
  role,
  version,
  health,
  uptimeSeconds,
  inFlight,
  inFlightByKind,
  traffic,
  cpu,
  memory,
  address,
}: SlotView): string[] {
  return [
    slot,
    role,
    harmless(version ?? '-'),
    health.state,
    health.latencyMs === null ? '-' : duration(health.latencyMs),
    uptimeSeconds === null ? '-' : duration(uptimeSeconds * 1_000),
    inFlight === null ? '-' : inFlightText({ inFlight, inFlightByKind }),
    traffic === null ? '-' : rate(traffic.perSecond),
    traffic?.latencyMs == null ? '-' : duration(traffic.latencyMs.p99),
    cpu === null ? '-' : outOf(cpu.cores.toFixed(2), cpu.limitCores === null ? null : String(cpu.limitCores)),
    memory === null
      ? '-'
      : outOf(bytes(memory.usedBytes), memory.limitBytes === null ? null : bytes(memory.limitBytes)),
    address,
  ]
}

function outOf(used: string, limit: string | null): string {
  return limit === null ? used : `${used} of ${limit}`
}

function releaseNews({ running, last, holder }: SystemStatus, nowMs: number): string[] {
  const lines: string[] = []
  if (running) {
    const step = running.steps.find(({ state }) => state === 'running')?.label ?? 'between two steps'
    lines.push(
      `${releaseTitle(running)}, by ${harmless(whoWords(running.actor))}, for ${duration(tookMs(running, nowMs))}. Now: ${step}.`,
    )
  } else if (holder) {
    lines.push(
      `${harmless(holder.actor.name)} holds the release lock for ${holder.verb} since ${holder.since}.`,
    )
  }
  if (last)
    lines.push(
      `${releaseTitle(last)}, ${stateWord(last.state)}, ${ago(nowMs - Date.parse(last.endedAt ?? last.createdAt))}.`,
    )
  return lines
}

/** The bars that concern a slot: others only wait for somebody who deploys that build. */
function bars({ slots }: SystemStatus): string[] {
  return [slots.primary, slots.secondary].flatMap(({ slot, barred }) =>
    barred === null ? [] : [`In ${slot}, ${harmless(barWords(barred))}`],
  )
}

/** Every sentence about something that is not as it should be; a standby that is not there is no problem of its own. */
function problems({ docker, routing, slots, traffic, failOver }: SystemStatus): string[] {
  const live = routing.live === null ? null : slots[routing.live].health.problem
  // The director's own words say more of it than that the slot does not answer.
  const own = [docker.problem, routing.problem, failOver ?? live, traffic?.problem ?? null]
  const failures = newsOf(slots, ({ kind }) => kind === 'failed')
  return [...own, ...failures].filter((problem) => problem !== null).map(harmless)
}

/** How much still comes from tabs of builds that are not live. */
const openTabs = ({ slots }: SystemStatus): string[] =>
  newsOf(slots, ({ kind }) => kind !== 'failed').map(harmless)

function newsOf(
  { primary, secondary }: SystemStatus['slots'],
  isWanted: (news: TrafficNews) => boolean,
): string[] {
  return [primary, secondary].flatMap(({ slot, traffic, ...view }) =>
    (traffic === null ? [] : trafficNews(traffic, view))
      .filter(isWanted)
      .map(({ sentence }) => `${slot}: ${sentence}`),
  )
}
