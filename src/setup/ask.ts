import { createInterface } from 'node:readline/promises'

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true
}

/**
 * Asks a yes-or-no question on the terminal; Enter means yes when `isYesByDefault`.
 * Without a terminal nothing can be asked: answers `withoutTerminal`.
 */
export async function confirm(
  question: string,
  options: { isYesByDefault: boolean; withoutTerminal: boolean },
): Promise<boolean> {
  if (!canAsk()) return options.withoutTerminal
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = (
      await prompt.question(`${question} ${options.isYesByDefault ? '[Y/n]' : '[y/N]'} `)
    ).trim()
    if (answer === '') return options.isYesByDefault
    return /^y(es)?$/i.test(answer)
  } finally {
    prompt.close()
  }
}
