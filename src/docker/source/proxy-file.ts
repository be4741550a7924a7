import type { Finding } from '../preflight.ts'
import { inWords, warning } from './finding-words.ts'
import { namesOf, OUR_ADDRESSES, type OurAddress, patternOf } from './our-addresses.ts'
import { bracketed, partsOf, stringIn, withoutComments } from './script-text.ts'
import type { SourceReader } from './source-reader.ts'

/** Where Next looks for the code that runs before every request. */
const FILES = ['proxy', 'middleware'].flatMap((name) =>
  ['src/', ''].flatMap((place) =>
    ['ts', 'js', 'mjs', 'tsx', 'jsx'].map((ending) => `${place}${name}.${ending}`),
  ),
)

/**
 * A warning where a proxy of the app runs before the console or the status route too. Its text is read and never run: what it does
 * in the end is seen by the health check alone. Null where there is nothing to say.
 */
export async function proxyFileFinding(read: SourceReader): Promise<Finding | null> {
  for (const file of FILES) {
    const text = await read(file)
    if (text === null) continue
    const caught = caughtBy(text)
    if (caught.length === 0) return null
    return warning(
      'proxy',
      `${file} runs before ${inWords(caught)} as well: where it answers or redirects ${caught.length === 1 ? 'it' : 'them'}, the health check refuses the release. Let its matcher leave out /ops, /api/ops and /api/system.`,
    )
  }
  return null
}

/** Which of our addresses the matcher in the text of a proxy matches, as far as it can be read, and its code does not name. */
export function caughtBy(text: string): string[] {
  const code = withoutComments(text)
  const matcher = matcherIn(code)
  const sources = matcher === null ? ['/:path*'] : sourcesIn(matcher)
  const patterns = sources.map(patternOf)
  const rest = matcher === null ? code : code.replace(matcher, '')
  const caught = OUR_ADDRESSES.filter(({ path }) => patterns.some((pattern) => pattern.test(path)))
  return namesOf(caught.filter((address) => !knows(rest, address)))
}

function matcherIn(code: string): string | null {
  const found = /\bmatcher['"]?\s*:\s*(?=[['"`])/.exec(code)
  if (found === null) return null
  const start = found.index + found[0].length
  return code[start] === '[' ? bracketed(code, start) : (partsOf(code.slice(start))[0]?.text ?? '')
}

/** What `has` wants is not in every request; what is `missing` is missing in most. */
function sourcesIn(matcher: string): string[] {
  return partsOf(matcher).flatMap(({ text }) => {
    if (!text.startsWith('{')) return [text.slice(1, -1).replace(/\\\\/g, '\\')]
    const source = stringIn(text, 'source')
    return source === null || /\bhas['"]?\s*:/.test(text) ? [] : [source]
  })
}

/** Code that names an address in a text or a pattern is taken to know of it. */
function knows(code: string, { name }: OurAddress): boolean {
  const isOurs = /['"`/|(^]ops\b/.test(code)
  if (name === '/ops') return isOurs
  const isApi = /['"`/|(^]api\b/.test(code)
  return name === '/api/ops' ? isOurs || isApi : isApi || /['"`/|(^]system\b/.test(code)
}
