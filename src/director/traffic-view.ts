import type { TrafficLog } from '../release/ports.ts'
import type { AnsweredBy } from '../release/traffic-counts.ts'
import type { SlotTraffic, SystemStatus } from './protocol.ts'

const MINUTE_SECONDS = 60
/** Long enough not to jump, short enough to be called now. */
const NOW_SECONDS = 10

/** Nothing from before `fromMs` (since 1970). Null while the log can't be read: old numbers must not pass for new ones. */
export function trafficOf(log: TrafficLog, by: AnsweredBy, fromMs = 0): SlotTraffic | null {
  if (log.problem() !== null) return null
  const now = log.last(by, NOW_SECONDS, fromMs)
  return { ...log.last(by, MINUTE_SECONDS, fromMs), perSecond: now.requests / Math.max(1, now.seconds) }
}

export function trafficView(log: TrafficLog): SystemStatus['traffic'] {
  return { byNginx: trafficOf(log, 'none'), unreadableLines: log.unreadableLines(), problem: log.problem() }
}
