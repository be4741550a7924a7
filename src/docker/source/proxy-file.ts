import type { Source } from '../../release/release.ts'
import type { Finding } from '../preflight.ts'
import type { Project } from '../project.ts'
import { readerOf } from './source-reader.ts'

/** Where Next looks for the code that runs before every request. */
const FILES = ['proxy', 'middleware'].flatMap((name) =>
  ['src/', ''].flatMap((place) =>
    ['ts', 'js', 'mjs', 'tsx', 'jsx'].map((ending) => `${place}${name}.${ending}`),
  ),
)
const OURS = ['/ops', '/ops/releases', '/api/ops/ping'] as const

/**
 * A warning where a proxy of the app runs before the console too. Its text is read and never run: a proxy that names /ops is
 * taken to know of it, and what it does in the end is seen by the health check alone. Null where there is nothing to say.
 */
export async function proxyFileFinding(
  project: Project,
  source: Source,
  signal: AbortSignal,
): Promise<Finding | null> {
  const read = await readerOf(project, source, signal)
  if (read === null) return null
  for (const file of FILES) {
    const text = await read(file)
    if (text === null) continue
    const caught = caughtBy(text)
    if (caught.length === 0) return null
    return {
      name: 'proxy',
      outcome: 'warning',
      sentence: `${file} runs before ${caught.join(' and ')} as well: where it answers or redirects them, the health check refuses the release. Let its matcher leave out /ops and /api/ops.`,
    }
  }
  return null
}

/** Which of our addresses the matcher in the text of a proxy matches, as far as it can be read. */
export function caughtBy(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`\w])\/\/.*/g, '')
  if (/['"`/|(]ops\b/.test(code)) return []
  const [, matcher] = /\bmatcher\s*:\s*(\[[\s\S]*\]|'[^']*'|"[^"]*"|`[^`]*`)/.exec(code) ?? []
  // A matcher that looks at more than the address is beyond a look at the text.
  if (matcher !== undefined && /\b(?:has|missing)\s*:/.test(matcher)) return []
  const patterns =
    matcher === undefined
      ? [/^/]
      : [...matcher.matchAll(/(['"`])(\/.*?)\1/g)].map(([, , path = '']) => patternOf(path))
  return OURS.filter((path) => patterns.some((pattern) => pattern.test(path))).filter(
    (path) => path !== '/ops/releases',
  )
}

/** Next's words for paths: `:name`, `:name*` and groups in parentheses, which are regular expressions already. */
function patternOf(source: string): RegExp {
  const pattern = source
    .replace(/\\\\/g, '\\')
    .replace(/\/:\w+\*/g, '(?:/.*)?')
    .replace(/\/:\w+\+/g, '/.+')
    .replace(/\/:\w+\?/g, '(?:/[^/]+)?')
    .replace(/(?<!\?):\w+(?=\()/g, '')
    .replace(/(?<!\?):\w+/g, '[^/]+')
  try {
    return new RegExp(`^(?:${pattern})/?$`)
  } catch {
    // Not one that can be read so: nothing is said of it.
    return /(?!)/
  }
}
