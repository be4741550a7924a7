/**
 * Values as compose's own reader of env files gives them back to the letter. Only double quotes can say everything, and in them
 * `$` begins a variable and a backslash an escape; `'` can't hold a backslash before a quote. Backslash and quote are written by
 * number, since readers of before compose 2.24 take any quote behind a backslash for no end of the value.
 * https://github.com/compose-spec/compose-go/blob/main/dotenv/parser.go
 */
export function composeLines(values: ReadonlyMap<string, string>): string {
  return [...values].map(([name, value]) => `${name}="${quoted(value)}"\n`).join('')
}

/** What `composeLines` wrote. Lines that are not its own are left out. */
export function fromComposeLines(text: string): Map<string, string> {
  const values = text.split('\n').map((line) => LINE.exec(line))
  return new Map(
    values.flatMap((match) => (match ? [[match[1] ?? '', unquoted(match[2] ?? '')] as const] : [])),
  )
}

const LINE = /^([A-Za-z_][A-Za-z0-9_.-]*)="(.*)"$/s

const WRITTEN = [
  ['\\', '\\0134'],
  ['"', '\\0042'],
  ['$', '$$'],
  ['\n', '\\n'],
  ['\r', '\\r'],
] as const
const BY_CHARACTER: ReadonlyMap<string, string> = new Map(WRITTEN)
const BY_ESCAPE: ReadonlyMap<string, string> = new Map(
  WRITTEN.map(([character, written]) => [written, character]),
)

const quoted = (value: string): string =>
  value.replace(/[\\"$\n\r]/g, (character) => BY_CHARACTER.get(character) ?? character)

const unquoted = (text: string): string =>
  text.replace(/\\0134|\\0042|\$\$|\\n|\\r/g, (written) => BY_ESCAPE.get(written) ?? written)
