import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Directive = {
  file: string
  /** The heads of the blocks that it stands in, outermost first. */
  within: readonly string[]
  words: readonly string[]
}

/** Blocks that are told apart by their heads, and what stands in them by these. */
const NAMED_BLOCKS = /^(?:location|upstream|map|geo|split_clients) /
/** Told apart by their first argument too. */
const BY_ARGUMENT = /^(?:proxy_set_header|proxy_hide_header|proxy_ignore_headers|add_header)$/

/** Every directive of `directory/*.conf`, blocks included. */
export function readDirectives(directory: string): Directive[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.conf'))
    .flatMap((file) => [...directivesOf(file, readFileSync(join(directory, file), 'utf8'))])
}

/** `location = /ops`, `location /: if ($slot = "")`, `to_slot.conf: proxy_set_header Host`, `proxy.conf: gzip`. */
export function nameOf({ file, within, words }: Directive): string {
  const [name = '', argument = ''] = words
  const head = headOf(words)
  if (NAMED_BLOCKS.test(head)) return blockName(file, head)
  const place = within.findLast((outer) => NAMED_BLOCKS.test(outer))
  const told = name === 'if' ? head : BY_ARGUMENT.test(name) ? `${name} ${argument}` : name
  return `${place === undefined ? file : blockName(file, place)}: ${told}`
}

/** Both servers have a `location /`. */
const blockName = (file: string, head: string): string =>
  file === 'internal.conf' && head === 'location /' ? `${file}: ${head}` : head

function* directivesOf(file: string, text: string): Generator<Directive> {
  const within: string[] = []
  let words: string[] = []
  for (const token of tokensOf(text)) {
    if (token === '}') within.pop()
    else if (token === ';' || token === '{') {
      yield { file, within: [...within], words }
      if (token === '{') within.push(headOf(words))
      words = []
    } else words.push(token)
  }
}

const headOf = (words: readonly string[]): string => words.join(' ').replace('" )', '")')

/** Words as they are written, quotes included; a brace within a word, as of `${slot}`, is part of it. */
function tokensOf(text: string): string[] {
  const token = /#.*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{};]|(?:\$\{\w+\}|[^\s{};"'])+/g
  return (text.match(token) ?? []).filter((word) => !word.startsWith('#'))
}
