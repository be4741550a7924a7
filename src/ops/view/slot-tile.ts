import type { SlotView } from '../../director/protocol.ts'
import { counted } from '../../release/counted.ts'
import { STATUS_CLASSES, WHYS } from '../../release/traffic-counts.ts'
import { type TrafficNews, trafficNews } from '../../release/traffic-words.ts'
import { bytes, cores, duration, rate, whole } from '../../words/quantities.ts'
import type { Tone } from './tone.ts'

export type Condition = { word: string; tone: Tone }

const CONDITIONS: Readonly<Record<SlotView['health']['state'], Condition>> = {
  operational: { word: 'Operational', tone: 'good' },
  starting: { word: 'Starting', tone: 'busy' },
  draining: { word: 'Draining', tone: 'warn' },
  degraded: { word: 'Degraded', tone: 'warn' },
  unreachable: { word: 'Not answering', tone: 'bad' },
  absent: { word: 'Not running', tone: 'quiet' },
}

/** A slot's health in one word. A slot that nobody needs may be absent; the live one may not. */
export function conditionOf({ role, health }: Pick<SlotView, 'role' | 'health'>): Condition {
  const condition = CONDITIONS[health.state]
  return role === 'live' && health.state === 'absent' ? { ...condition, tone: 'bad' } : condition
}

/** `fraction` is 0 to 1, or null without a limit; `isHigh` from 85 % on. */
export type MeterView = { text: string; fraction: number | null; isHigh: boolean }

const HIGH_FRACTION = 0.85

export function cpuMeter(cpu: SlotView['cpu']): MeterView | null {
  if (cpu === null) return null
  if (cpu.limitCores === null) return meter(`${cores(cpu.cores)} cores`, null)
  const unit = cpu.limitCores === 1 ? 'core' : 'cores'
  return meter(`${cores(cpu.cores)} of ${cpu.limitCores} ${unit}`, cpu.cores / cpu.limitCores)
}

export function memoryMeter(memory: SlotView['memory']): MeterView | null {
  if (memory === null) return null
  const { usedBytes, limitBytes } = memory
  if (limitBytes === null) return meter(bytes(usedBytes), null)
  return meter(`${bytes(usedBytes)} of ${bytes(limitBytes)}`, usedBytes / limitBytes)
}

function meter(text: string, fraction: number | null): MeterView {
  const within = fraction === null ? null : Math.min(1, Math.max(0, fraction))
  return { text, fraction: within, isHigh: within !== null && within >= HIGH_FRACTION }
}

/** `facts` by name, and what they stand on in one line; or what to say instead. */
export type TrafficView =
  | { kind: 'none'; text: string }
  | { kind: 'some'; facts: readonly (readonly [name: string, text: string])[]; detail: string }

export function trafficView(traffic: SlotView['traffic']): TrafficView {
  if (traffic === null) return { kind: 'none', text: 'Traffic is not known.' }
  if (traffic.requests === 0) return { kind: 'none', text: 'No visitors in the last minute.' }
  const { latencyMs, perSecond } = traffic
  const latency = (ms: number | undefined): string => (ms === undefined ? '–' : duration(ms))
  return {
    kind: 'some',
    facts: [
      ['Requests', `${rate(perSecond)}/s`],
      ['p50', latency(latencyMs?.p50)],
      ['p95', latency(latencyMs?.p95)],
      ['p99', latency(latencyMs?.p99)],
    ],
    detail: detailOf(traffic),
  }
}

function detailOf({
  requests,
  statuses,
  why,
  streams,
  bytes: sent,
}: NonNullable<SlotView['traffic']>): string {
  const classes = STATUS_CLASSES.filter((name) => statuses[name] > 0)
  const reasons = WHYS.filter((reason) => why[reason] > 0)
  return [
    `${whole(requests)} in the last minute`,
    classes.map((name) => together(name, statuses[name])).join(', '),
    reasons.map((reason) => together(reason, why[reason])).join(', '),
    counted(streams, 'stream'),
    bytes(sent),
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

/** On one line: a number that stands alone at a line's beginning says nothing. */
const together = (name: string, count: number): string => `${name}\u00a0${whole(count)}`

const NEWS_TONES: Readonly<Record<TrafficNews['kind'], Tone>> = {
  failed: 'bad',
  'old-tabs': 'quiet',
  'gone-builds': 'quiet',
}

/** Failures, and tabs of builds that are not live. */
export function trafficNotes({
  traffic,
  role,
  deploymentId,
}: Pick<SlotView, 'traffic' | 'role' | 'deploymentId'>): { sentence: string; tone: Tone }[] {
  if (traffic === null) return []
  return trafficNews(traffic, { role, deploymentId }).map(({ kind, sentence }) => ({
    sentence,
    tone: NEWS_TONES[kind],
  }))
}
