import { createContext, Script } from 'node:vm'

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

/** Longer than any that somebody means takes. */
const MATCH_WITHIN_MS = 200

/**
 * Next's words for paths: `:name`, `:name*` and groups in parentheses, which are regular expressions already. They are the app's, and
 * nobody else has the director's time meanwhile: `test` throws where one takes too long (`isEndless`).
 */
export function patternOf(source: string): Pick<RegExp, 'test'> {
  const pattern = source
    .replace(/\/:\w+\*/g, '(?:/.*)?')
    .replace(/\/:\w+\+/g, '/.+')
    .replace(/\/:\w+\?/g, '(?:/[^/]+)?')
    .replace(/(?<!\?):\w+(?=\()/g, '')
    .replace(/(?<!\?):\w+/g, '[^/]+')
  try {
    const found = new RegExp(`^(?:${pattern})/?$`, 'i')
    return { test: (path) => isMatch(found, path) }
  } catch {
    // Not one that can be read so: nothing is said of it.
    return /(?!)/
  }
}

const room = { pattern: /(?!)/, path: '' }
createContext(room)
const match = new Script('pattern.test(path)')

function isMatch(pattern: RegExp, path: string): boolean {
  Object.assign(room, { pattern, path })
  return match.runInContext(room, { timeout: MATCH_WITHIN_MS }) === true
}

/** Whether a pattern took too long. That error is one of the room's, and no `Error` here. */
export const isEndless = (cause: unknown): boolean =>
  typeof cause === 'object' &&
  cause !== null &&
  'code' in cause &&
  cause.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
