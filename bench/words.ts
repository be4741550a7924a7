/** Milliseconds as a table or a sentence shows them. */
export function inWords(ms: number): string {
  if (ms >= 1_000) return `${Number((ms / 1_000).toFixed(1))} s`
  return `${ms < 100 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`
}
