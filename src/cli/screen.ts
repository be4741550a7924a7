import { stripVTControlCharacters } from 'node:util'

export type Colour = 'dim' | 'green' | 'red' | 'yellow' | 'bold'

/** Where a command writes to: people's lines, or with `--json` one document for programs. */
export type Screen = {
  /** Lines can be taken back and drawn anew. */
  isTerminal: boolean
  columns(): number
  rows(): number
  line(text?: string): void
  /** On standard error, so that a piped answer stays clean. */
  complain(text: string): void
  /** One JSON document on a line of its own. */
  json(value: unknown): void
  raw(text: string): void
  paint(colour: Colour, text: string): string
}

const CODES: Readonly<Record<Colour, string>> = { dim: '2', green: '32', red: '31', yellow: '33', bold: '1' }

/** A screen on the process's own streams; `hasColour` false keeps every escape sequence out of the text. */
export function createScreen(
  out: NodeJS.WriteStream,
  err: NodeJS.WriteStream,
  options: { isTerminal: boolean; hasColour: boolean },
): Screen {
  return {
    isTerminal: options.isTerminal,
    columns: () => out.columns || 80,
    rows: () => out.rows || 24,
    line: (text = '') => {
      out.write(`${text}\n`)
    },
    complain: (text) => {
      err.write(`${text}\n`)
    },
    json: (value) => {
      out.write(`${JSON.stringify(value)}\n`)
    },
    raw: (text) => {
      out.write(text)
    },
    paint: (colour, text) => (options.hasColour ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text),
  }
}

/** A line of somebody else's output, with nothing in it that could drive the terminal. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text).replaceAll('\t', '  ').replace(/\p{C}/gu, '')
}
