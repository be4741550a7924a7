import type { Target } from './group.ts'

/** A move that never came to be leaves nothing that could fail, so that they all came to be is a target of its own. */
export function confirmedTarget(
  what: string,
  moves: number,
  confirmed: number,
  why: string | null = null,
): Target {
  const isMet = moves > 0 && confirmed === moves
  return {
    name: `${what} confirmed`,
    limit: `${moves} of ${moves}`,
    seen: `${confirmed} of ${moves}`,
    isMet,
    why: isMet ? null : why,
  }
}
