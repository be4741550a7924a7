import { systemStatusSchema } from '../director/protocol.ts'
import { earlierWords, type Frozen, freezeWords } from '../release/freeze.ts'
import { harmless, type Screen } from './screen.ts'
import type { Session } from './session.ts'

/** What stands on every screen of a frozen system, loudest first. */
export function freezeLines(frozen: Frozen, { paint }: Pick<Screen, 'paint'>): string[] {
  return [
    paint('yellow', `! ${harmless(freezeWords(frozen))}`),
    ...frozen.earlier.map((freeze) => `  ${harmless(earlierWords(freeze))}`),
  ]
}

/** Whether a person asks: one is at the terminal, or has said so with `--despite-freeze`. Only they need to be shown it. */
export async function freezeInSight(session: Session, isFlagged: boolean): Promise<Frozen | null> {
  if (session.ask === null && !isFlagged) return null
  return (await session.get(systemStatusSchema, '/v1/status')).freeze
}

/** Shows a freeze to whoever is about to deploy, and asks unless they have said already that they know. */
export async function isDeployedDespite(
  { screen, isJson, ask }: Session,
  frozen: Frozen,
  isFlagged: boolean,
): Promise<boolean> {
  if (!isJson) {
    for (const line of freezeLines(frozen, screen)) screen.line(line)
    screen.line('  A deploy by a person leaves the freeze in force: `switchyard unfreeze` lifts it.')
  }
  if (isFlagged) return true
  return (await ask?.('Deploy all the same?')) ?? false
}
