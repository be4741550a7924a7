/** Addresses that a release is asked at, and how a person knows them. */
export const OUR_ADDRESSES = [
  { path: '/ops', name: '/ops', isDynamic: false },
  { path: '/ops/releases/7', name: '/ops', isDynamic: true },
  { path: '/api/ops/ping', name: '/api/ops', isDynamic: true },
  { path: '/api/system/status', name: '/api/system', isDynamic: false },
] as const

export type OurAddress = (typeof OUR_ADDRESSES)[number]

/** The names of those, each once. */
export const namesOf = (addresses: readonly OurAddress[]): string[] => [
  ...new Set(addresses.map(({ name }) => name)),
]

/** `/ops, /api/ops and /api/system` */
export const inWords = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

/** Next's words for paths: `:name`, `:name*` and groups in parentheses, which are regular expressions already. */
export function patternOf(source: string): RegExp {
  const pattern = source
    .replace(/\/:\w+\*/g, '(?:/.*)?')
    .replace(/\/:\w+\+/g, '/.+')
    .replace(/\/:\w+\?/g, '(?:/[^/]+)?')
    .replace(/(?<!\?):\w+(?=\()/g, '')
    .replace(/(?<!\?):\w+/g, '[^/]+')
  try {
    return new RegExp(`^(?:${pattern})/?$`, 'i')
  } catch {
    // Not one that can be read so: nothing is said of it.
    return /(?!)/
  }
}
