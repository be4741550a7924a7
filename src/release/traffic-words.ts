import { counted } from './counted.ts'
import type { SlotRole } from './slot.ts'
import type { TrafficCounts } from './traffic-counts.ts'

export type TrafficNews = { kind: 'failed' | 'old-tabs' | 'gone-builds'; sentence: string }

/** What is to be said of a slot's last minute beyond its numbers. `deploymentId`: of the build in the slot. */
export function trafficNews(
  { requests, statuses, fromOldTabs, fromGoneBuilds }: TrafficCounts,
  { role, deploymentId }: { role: SlotRole; deploymentId: string | null },
): TrafficNews[] {
  const news: TrafficNews[] = []
  const failed = statuses['5xx']
  if (failed > 0) {
    const sentence = `${failed.toLocaleString('en')} of ${counted(requests, 'request')} in the last minute failed.`
    news.push({ kind: 'failed', sentence })
  }
  // What came before a slot became live again is nothing old any more.
  if (fromOldTabs > 0 && role !== 'live') {
    const sentence = `${lastMinute(fromOldTabs)} came from tabs of ${deploymentId ?? 'its build'}.`
    news.push({ kind: 'old-tabs', sentence })
  }
  if (fromGoneBuilds > 0) {
    const sentence = `${lastMinute(fromGoneBuilds)} came from tabs of builds that are not reached any more.`
    news.push({ kind: 'gone-builds', sentence })
  }
  return news
}

const lastMinute = (count: number): string => `${counted(count, 'request')} in the last minute`
