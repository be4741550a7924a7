/**
 * Shares one answer of `look` among all who ask within `maxAgeMs`: ten open consoles cost as much as one.
 * Those who ask during a look wait for that look.
 */
export function refreshedAtMost<T>(maxAgeMs: number, look: () => Promise<T>): () => Promise<T> {
  let current: { value: Promise<T>; untilMs: number } | null = null
  return () => {
    if (current && performance.now() < current.untilMs) return current.value
    const value = look()
    const entry = { value, untilMs: Number.POSITIVE_INFINITY }
    current = entry
    value.then(
      () => {
        entry.untilMs = performance.now() + maxAgeMs
      },
      () => {
        current = null
      },
    )
    return value
  }
}
