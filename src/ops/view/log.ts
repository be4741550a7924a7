import type { LogLine } from '../../director/protocol.ts'
import type { Tone } from './tone.ts'

/** Twenty times a usual build, and few enough to draw at once; the whole log is on the host. */
export const LOG_LINE_CAP = 2_000

export type LogBuffer = { lines: readonly LogLine[]; dropped: number }

export const EMPTY_LOG: LogBuffer = { lines: [], dropped: 0 }

/** Adds what is new, in order: a stream that resumes may repeat lines, and an offset grows with every line. */
export function appendLines(buffer: LogBuffer, incoming: readonly LogLine[], cap = LOG_LINE_CAP): LogBuffer {
  let newest = buffer.lines.at(-1)?.offset ?? -1
  const fresh: LogLine[] = []
  for (const line of incoming) {
    if (line.offset <= newest) continue
    newest = line.offset
    fresh.push({ ...line, text: plain(line.text) })
  }
  if (fresh.length === 0) return buffer
  const lines = [...buffer.lines, ...fresh]
  const surplus = Math.max(0, lines.length - cap)
  return { lines: surplus === 0 ? lines : lines.slice(surplus), dropped: buffer.dropped + surplus }
}

// Colours and cursor moves of a terminal (ECMA-48 control sequences) and other control characters but tab.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
const CONTROL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b.|[\u0000-\u0008\u000a-\u001f\u007f]/g

/** The text of a line without terminal control sequences. */
export function plain(text: string): string {
  return text.replace(CONTROL, '')
}

/** What a line asks for, by the words that build tools begin such lines with. */
export function toneOf(text: string): Tone {
  if (/^(#\d+ (\d+(\.\d+)? )?)?\W*(error|err!|fatal|failed)\b|npm error|ERROR:/i.test(text)) return 'bad'
  if (/^(#\d+ (\d+(\.\d+)? )?)?\W*warn(ing)?\b|npm warn/i.test(text)) return 'warn'
  return 'quiet'
}

/** Lines that contain `needle`, letter case ignored; all where it is empty. */
export function matching(lines: readonly LogLine[], needle: string): readonly LogLine[] {
  const wanted = needle.trim().toLowerCase()
  return wanted === '' ? lines : lines.filter((line) => line.text.toLowerCase().includes(wanted))
}

/** What a step has said last; null before its first line. */
export function lastWords({ lines }: LogBuffer, step: LogLine['step']): string | null {
  return lines.findLast((line) => line.step === step)?.text ?? null
}

/** The log as text, for the clipboard. */
export function textOf(lines: readonly LogLine[]): string {
  return lines.map((line) => `${line.at} ${line.step} ${line.text}`).join('\n')
}
