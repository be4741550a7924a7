/** Who may begin, and when: at most so many at once, and begun at most so often. Whoever comes first begins first. */
export type Turns = {
  /**
   * Calls `start` when it is its turn, at once where it may be. What is returned ends the turn, or gives it up before it has come.
   * Without `takesPlace` the turn is over as soon as it has begun.
   */
  ask(start: () => void, options: { takesPlace: boolean }): () => void
}

type Asked = { start: () => void; takesPlace: boolean }

/** `perSecond` turns in the long run, `burst` at once after a quiet while. `now` tells milliseconds of a clock that is never put back. */
export function turns(
  { atOnce, perSecond, burst }: { atOnce: number; perSecond: number; burst: number },
  now: () => number = () => performance.now(),
): Turns {
  const waiting = new Set<Asked>()
  let underWay = 0
  let left = burst
  let countedAt = now()
  let timer: ReturnType<typeof setTimeout> | null = null

  function refill(): void {
    const at = now()
    left = Math.min(burst, left + ((at - countedAt) * perSecond) / 1_000)
    countedAt = at
  }

  function begin(): void {
    refill()
    for (const asked of waiting) {
      if (left < 1) break
      if (asked.takesPlace && underWay >= atOnce) continue
      waiting.delete(asked)
      left -= 1
      if (asked.takesPlace) underWay += 1
      asked.start()
    }
    if (waiting.size === 0 || left >= 1 || timer !== null) return
    timer = setTimeout(() => {
      timer = null
      begin()
    }, 1_000 / perSecond)
    timer.unref()
  }

  return {
    ask: (start, { takesPlace }) => {
      const asked = { start, takesPlace }
      let isOver = false
      waiting.add(asked)
      begin()
      return () => {
        if (isOver) return
        isOver = true
        if (!waiting.delete(asked) && takesPlace) underWay -= 1
        begin()
      }
    },
  }
}
