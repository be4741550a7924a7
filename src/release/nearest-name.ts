/** Enough for two slips of the finger; names that differ by more are two different names. */
const FARTHEST = 2

/** Which of `known` the misspelt `name` was likely meant to be, letter case ignored, or null where none is near. */
export function nearestName(name: string, known: readonly string[]): string | null {
  const [nearest] = known
    .map((candidate) => ({ candidate, edits: editsBetween(name.toUpperCase(), candidate.toUpperCase()) }))
    .filter(({ edits }) => edits <= FARTHEST)
    .sort((one, other) => one.edits - other.edits)
  return nearest?.candidate ?? null
}

/** Levenshtein's distance, a row at a time: letters to add, to drop or to change. */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1]
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
