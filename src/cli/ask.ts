import { createInterface } from 'node:readline/promises'

/** Asks a yes-or-no question on the terminal; Enter means yes when `isYesByDefault`, Ctrl-C means no. */
export async function ask(
  question: string,
  { isYesByDefault }: { isYesByDefault: boolean },
): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = (await prompt.question(`${question} ${isYesByDefault ? '[Y/n]' : '[y/N]'} `)).trim()
    if (answer === '') return isYesByDefault
    return /^y(es)?$/i.test(answer)
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === 'AbortError')) throw cause
    process.stdout.write('\n')
    return false
  } finally {
    prompt.close()
  }
}
