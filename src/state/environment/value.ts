/** A value, or what is wrong with it in words that hold no part of it. */
export type Read = { value: string } | { problem: string }

const COMMENT = /[ \t]#.*$/

/** Without quotes: all to the end of the line, but for the white space around it and a comment behind white space. */
export function bareValue(rest: string): Read {
  const value = rest.replace(COMMENT, '').replace(/^[ \t]+|[ \t]+$/g, '')
  if (value.startsWith('`'))
    return { problem: 'its value begins with `, which some read as a quote: put it in quotes' }
  if (COMMENT.test(rest) && /["'`]/.test(value))
    return { problem: 'it is not clear whether the # in it begins a comment: put the value in quotes' }
  if (value.includes('\r'))
    return { problem: 'its value holds a carriage return: write it as \\r, in double quotes' }
  return { value }
}

/** Where the quote ends that began before `from`; -1 where it does not. A backslash keeps a double quote from ending it. */
export function endOfQuoted(text: string, from: number, quote: string): number {
  if (quote === "'") return text.indexOf(quote, from)
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  return -1
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', '"': '"', '\\': '\\', $: '$' }

/** What stands within double quotes. Any other backslash is one. */
export const unescaped = (inside: string): string =>
  inside.replace(/\\([nr"\\$])/g, (_, character: string) => ESCAPES[character] ?? '')
