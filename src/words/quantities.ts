import prettyBytes from 'pretty-bytes'
import prettyMilliseconds from 'pretty-ms'

/** A duration as one glance takes it: `38 ms`, `4.2 s`, `1m 12s`, `3h 5m`. */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.round(ms))
  if (whole < 1_000) return `${whole} ms`
  if (whole < 59_950) return `${(ms / 1_000).toFixed(1)} s`
  return prettyMilliseconds(Math.round(ms / 1_000) * 1_000, { unitCount: 2 })
}

/** A running clock: whole seconds, so that it does not flicker. */
export function elapsed(ms: number): string {
  return ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1_000))} s` : duration(ms)
}

/** How long ago, coarse: `just now`, `40 s ago`, `3h ago`. */
export function ago(ms: number): string {
  if (ms < 2_000) return 'just now'
  if (ms < 60_000) return `${Math.floor(ms / 1_000)} s ago`
  return `${prettyMilliseconds(ms, { compact: true })} ago`
}

/** `143 MiB`. */
export function bytes(count: number): string {
  return prettyBytes(count, { binary: true, maximumFractionDigits: 0 })
}

/** `0.12`: processor cores, two places. */
export function cores(count: number): string {
  return count.toFixed(2)
}

/** `12,345`. */
export function whole(count: number): string {
  return Math.round(count).toLocaleString('en')
}

/** How many a second: `0.4`, `9.9`, `1,200`. */
export function rate(perSecond: number): string {
  return perSecond < 9.95 ? perSecond.toFixed(1) : whole(perSecond)
}

/** Milliseconds between two ISO times; null while either is unknown. */
export function between(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Date.parse(to) - Date.parse(from)
}

/** A short form of a long id or image that keeps both ends, where ids differ. */
export function middle(text: string, length: number): string {
  if (text.length <= length) return text
  const head = Math.ceil((length - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`
}
