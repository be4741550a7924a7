import { ask } from '../cli/ask.ts'

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
  { isYesByDefault, withoutTerminal }: { isYesByDefault: boolean; withoutTerminal: boolean },
): Promise<boolean> {
  return canAsk() ? ask(question, { isYesByDefault }) : withoutTerminal
}
