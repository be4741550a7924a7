/** An amount of memory or disk space as Docker writes it: `512m`, `2g`, `2gb`. */
export const AMOUNT = /^\d+[kmg]b?$/i

const UNIT_BYTES = new Map([
  ['k', 1024],
  ['m', 1024 ** 2],
  ['g', 1024 ** 3],
])

/** The bytes of an `AMOUNT`; not a number for anything else. */
export function bytesOf(amount: string): number {
  const [, count, unit = ''] = /^(\d+)([kmg])/i.exec(amount) ?? []
  return Number(count) * (UNIT_BYTES.get(unit.toLowerCase()) ?? Number.NaN)
}
