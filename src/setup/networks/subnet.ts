/** Whether two IPv4 networks in CIDR notation share an address. A network that is not IPv4 shares none. */
export function overlaps(one: string, other: string): boolean {
  const a = rangeOf(one)
  const b = rangeOf(other)
  if (a === null || b === null) return false
  return a.first <= b.last && b.first <= a.last
}

function rangeOf(cidr: string): { first: number; last: number } | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr)
  if (match === null) return null
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = match.slice(1).map(Number)
  const size = 2 ** (32 - bits)
  const address = ((a * 256 + b) * 256 + c) * 256 + d
  const first = address - (address % size)
  return { first, last: first + size - 1 }
}
