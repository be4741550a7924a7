import type { Target } from '../group.ts'
import { loadInWords } from '../machine.ts'
import type { OpenStreams } from './plan.ts'

/** What of the load went out, or was to go out, while the traffic moved. */
export type Sent = OpenStreams & {
  requestsPerSecond: number
  /** Null where their number is not judged. */
  slowRequests: number | null
}

/** Where less was sent than was meant, nothing that failed says little. */
export function sentTarget(during: string, meant: Sent, sent: Sent, notSent: number): Target {
  const isMet =
    sent.requestsPerSecond >= meant.requestsPerSecond &&
    (sent.slowRequests ?? 0) >= (meant.slowRequests ?? 0) &&
    sent.webSockets >= meant.webSockets &&
    sent.eventStreams >= meant.eventStreams
  return {
    name: `the load that was meant was sent in ${during}`,
    limit: `≥ ${inWords(meant)}`,
    seen: inWords(sent),
    isMet,
    why: isMet ? null : `${notSent} requests were not sent, as too many were in flight. ${loadInWords()}`,
  }
}

const inWords = ({ requestsPerSecond, slowRequests, webSockets, eventStreams }: Sent): string =>
  [
    `${Math.floor(requestsPerSecond)} requests/s`,
    ...(slowRequests === null ? [] : [`${slowRequests} slow requests`]),
    `${webSockets} WebSockets`,
    `${eventStreams} event streams`,
  ].join(', ')
