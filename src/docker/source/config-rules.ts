import type { Finding } from '../preflight.ts'
import { inWords, warning } from './finding-words.ts'
import { namesOf, OUR_ADDRESSES, patternOf } from './our-addresses.ts'
import { bracketed, partsOf, stringIn, withoutComments } from './script-text.ts'
import { NEXT_CONFIGS, type SourceReader } from './source-reader.ts'

/** From the name of a property, a method or a variable to what it answers with. */
const ANSWER =
  /^['"]?\s*(?:[:=]\s*)?(?:async\s*)?(?:function\s*\w*\s*)?(?:\([^()]*\)\s*(?::[^={]+)?)?(?:=>\s*)?(?=[[({])/

/**
 * A warning where `redirects` or `rewrites` of next.config answer for the console or the status route. As of a proxy, its text is read
 * and never run. Null where there is nothing to say.
 */
export async function configRulesFinding(read: SourceReader): Promise<Finding | null> {
  for (const file of NEXT_CONFIGS) {
    const text = await read(file)
    if (text === null) continue
    const [rule] = rulesBefore(text)
    if (rule === undefined) return null
    const { verb, source, caught } = rule
    return warning(
      'redirects',
      `${file} ${verb} ${inWords(caught)} as well, by ${JSON.stringify(source)}, so the health check will refuse the release. Let such a source leave out ours, as "/:path((?!ops|api/ops|api/system).*)" does.`,
    )
  }
  return null
}

export type Rule = { verb: 'redirects' | 'rewrites'; source: string; caught: string[] }

/** The rules in the text of a next.config that come before one of our addresses, as far as it can be read. */
export function rulesBefore(text: string): Rule[] {
  const code = withoutComments(text)
  return (['redirects', 'rewrites'] as const).flatMap((verb) =>
    answersOf(code, verb).flatMap((answer) => rulesIn(answer, verb)),
  )
}

function answersOf(code: string, name: string): string[] {
  return [...code.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].flatMap(({ index }) => {
    const rest = code.slice(index + name.length)
    const [before] = ANSWER.exec(rest) ?? []
    return before === undefined ? [] : [bracketed(rest, before.length)]
  })
}

/** Rules of `fallback` come behind all that an app has; those of `beforeFiles` before all, and others before what has a parameter. */
function rulesIn(answer: string, verb: Rule['verb']): Rule[] {
  const within = (name: string, index: number): boolean =>
    [...answer.matchAll(new RegExp(`\\b${name}['"]?\\s*:\\s*(?=\\[)`, 'g'))].some((found) => {
      const start = found.index + found[0].length
      return index > start && index < start + bracketed(answer, start).length
    })
  return partsOf(answer).flatMap(({ text, index }) => {
    const source = text.startsWith('{') ? stringIn(text, 'source') : null
    if (source === null || /\bhas['"]?\s*:|\bbasePath['"]?\s*:\s*false/.test(text)) return []
    if (verb === 'rewrites' && within('fallback', index)) return []
    const isFirst = verb === 'redirects' || within('beforeFiles', index)
    const pattern = patternOf(source)
    const caught = namesOf(
      OUR_ADDRESSES.filter(({ path, isDynamic }) => (isFirst || isDynamic) && pattern.test(path)),
    )
    return caught.length === 0 ? [] : [{ verb, source, caught }]
  })
}
