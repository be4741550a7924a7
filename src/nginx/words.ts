/** An error's detail, at most. */
const MAX_CHARS = 8_000

/** The last part of a text that is too long to be shown. */
export function capped(text: string): string {
  return text.length > MAX_CHARS ? text.slice(-MAX_CHARS) : text
}

/** Why nginx refused its configuration, from what it wrote, one each, without time and process number. */
export function complaints(output: string): string[] {
  return output.split('\n').flatMap((line) => {
    const words = /\[emerg\] (?:\d+#\d+: )?(.+)$/.exec(line)?.[1]
    return words === undefined ? [] : [words.trim()]
  })
}
