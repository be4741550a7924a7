import { counted } from './counted.ts'
import type { InFlightByKind, InFlightKind } from './status-payload.ts'

const NAMES: Readonly<Record<InFlightKind, string>> = {
  request: 'request',
  upload: 'upload',
  download: 'download',
  background: 'background task',
  stream: 'event stream',
  socket: 'WebSocket',
}

const WAITED_FOR = ['request', 'upload', 'download', 'background'] as const
const TOLD_TO_RECONNECT = ['stream', 'socket'] as const

const list = new Intl.ListFormat('en-GB')

/** `2 requests, 1 upload and 1 background task`: what a drain waits for. Empty for nothing. */
export function waitedForWords(kinds: InFlightByKind): string {
  return list.format(each(kinds, WAITED_FOR))
}

/** `3 event streams and 1 WebSocket`: what is told to reconnect. Empty for nothing. */
export function reconnectWords(kinds: InFlightByKind): string {
  return list.format(each(kinds, TOLD_TO_RECONNECT))
}

/** Everything in one list. Empty for nothing. */
export function inFlightWords(kinds: InFlightByKind): string {
  return list.format(each(kinds, [...WAITED_FOR, ...TOLD_TO_RECONNECT]))
}

/** `3`, `2 + 1 upload`, `0 + 12 streams`: short, for a tile or a table. */
export function inFlightText({
  inFlight,
  inFlightByKind,
}: {
  inFlight: number | null
  inFlightByKind: InFlightByKind | null
}): string {
  if (inFlight === null) return '–'
  if (inFlightByKind === null) return String(inFlight)
  const { request, ...others } = inFlightByKind
  const short = { ...NAMES, stream: 'stream' }
  const kinds = each({ request: 0, ...others }, [...WAITED_FOR, ...TOLD_TO_RECONNECT], short)
  return [String(request), ...kinds].join(' + ')
}

function each(kinds: InFlightByKind, shown: readonly InFlightKind[], names = NAMES): string[] {
  return shown.map((kind) => counted(kinds[kind], names[kind])).filter((words) => words !== '')
}
