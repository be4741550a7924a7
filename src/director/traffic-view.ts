import type { TrafficLog } from '../release/ports.ts'
import type { AnsweredBy } from '../release/traffic-counts.ts'
import type { SlotTraffic, SystemStatus } from './protocol.ts'

const MINUTE_SECONDS = 60
/** Long enough not to jump, short enough to be called now. */
const NOW_SECONDS = 10

/** Null while the log can't be read: old numbers must not pass for new ones. */
export function trafficOf(log: TrafficLog, by: AnsweredBy): SlotTraffic | null {
  if (log.problem() !== null) return null
  const perSecond = log.last(by, NOW_SECONDS).requests / NOW_SECONDS
  return { ...log.last(by, MINUTE_SECONDS), perSecond }
}

export function trafficView(log: TrafficLog): SystemStatus['traffic'] {
  return { byNginx: trafficOf(log, 'none'), unreadableLines: log.unreadableLines(), problem: log.problem() }
}
