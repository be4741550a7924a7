/**
 * Shares one answer of `look` among all who ask within `maxAgeMs`: ten open consoles cost as much as one.
 * Those who ask during a look wait for that look. No answer outlives a change of what `versionOf` says.
 */
export function refreshedAtMost<T>(
  maxAgeMs: number,
  look: () => Promise<T>,
  versionOf: () => string,
): () => Promise<T> {
  let current: { value: Promise<T>; untilMs: number; version: string } | null = null
  return () => {
    const version = versionOf()
    if (current?.version === version && performance.now() < current.untilMs) return current.value
    const value = look()
    const entry = { value, untilMs: Number.POSITIVE_INFINITY, version }
    current = entry
    value.then(
      () => {
        entry.untilMs = performance.now() + maxAgeMs
      },
      () => {
        entry.untilMs = 0
      },
    )
    return value
  }
}
