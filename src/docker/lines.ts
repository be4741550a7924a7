import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

/** Longer lines are cut: a minified bundle in an error message must not fill the log. In characters. */
export const MAX_LINE_LENGTH = 4_096

/** Characters that turn the direction of text round: they make a log line read as something else. */
const DIRECTION_MARKS = /[\u202a-\u202e\u2066-\u2069]/gu

/** One line as a log may hold it: no escape sequences, no control characters, at most `MAX_LINE_LENGTH`. */
export function cleanLine(raw: string): string {
  const text = stripVTControlCharacters(raw)
    .replaceAll('\t', '  ')
    .replaceAll(/\p{Cc}/gu, '')
    .replaceAll(DIRECTION_MARKS, '')
    .trimEnd()
  return text.length > MAX_LINE_LENGTH ? `${text.slice(0, MAX_LINE_LENGTH)}…` : text
}

export type LineSplitter = { write(chunk: Buffer): void; end(): void }

/**
 * Cuts bytes into lines at `\n`, `\r\n` and the lone `\r` of progress bars, and hands each non-empty one to `onLine`, cleaned.
 * Holds at most one cut line, however long the line is.
 */
export function lineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8')
  let pending = ''

  function emit(raw: string): void {
    const line = cleanLine(raw)
    if (line !== '') onLine(line)
  }

  function take(text: string): void {
    const parts = text.split(/[\r\n]+/)
    const last = parts.pop() ?? ''
    for (const part of parts) {
      emit(pending + part)
      pending = ''
    }
    // Twice the limit: escape sequences count here, but not in what is shown.
    if (pending.length < MAX_LINE_LENGTH * 2) pending += last
  }

  return {
    write: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end())
      emit(pending)
      pending = ''
    },
  }
}
