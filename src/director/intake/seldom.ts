/** Says what may happen thousands of times: the first time at once, and after that how often, at most once in `everyMs`. */
export function seldom(say: (times: number) => void, everyMs: number): { happened(): void; close(): void } {
  let times = 0
  let timer: ReturnType<typeof setTimeout> | null = null

  function tell(): void {
    timer = null
    if (times === 0) return
    say(times)
    times = 0
    wait()
  }

  function wait(): void {
    timer = setTimeout(tell, everyMs)
    timer.unref()
  }

  return {
    happened: () => {
      times += 1
      if (timer === null) tell()
    },
    close: () => {
      if (timer !== null) clearTimeout(timer)
    },
  }
}
