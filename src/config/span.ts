/** A time as nginx writes it, in seconds where it names no unit: `90`, `120s`, `5m`, `1h`. */
export const SPAN = /^\d{1,5}[smh]?$/i

const UNIT_SECONDS = new Map([
  ['', 1],
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
])

/** The seconds of a `SPAN`; not a number for anything else. */
export function secondsOf(span: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([smh]?)$/i.exec(span) ?? []
  return Number(count) * (UNIT_SECONDS.get(unit.toLowerCase()) ?? Number.NaN)
}
