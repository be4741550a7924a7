import type { TrafficLog } from '../ports.ts'
import type { Slot } from '../slot.ts'

/**
 * Whether visitors got anything good from `slot` within the time: what is only too busy to say how it is, is not down. Streams
 * do not count, since they are logged when they are cut, nor does 499, for whoever gave up. Lines come about two seconds late.
 */
export function answersVisitors(
  trafficLog: Pick<TrafficLog, 'since'>,
  slot: Slot,
  withinMs: number,
): boolean {
  const { statuses, streams } = trafficLog.since(slot, Date.now() - withinMs)
  const eventStreams = Math.max(0, streams - statuses['1xx'])
  return statuses['2xx'] + statuses['3xx'] > eventStreams
}
