import './substitutes.ts'
import fc from 'fast-check'
import { type Act, acts, wordsOfAct } from './acts.ts'

const { play } = await import('./run.ts')

/** Plays `runs` sequences. `words` tell what was seen, or the shortest sequence that breaks a rule. */
export async function checkModel({ runs, seed }: { runs: number; seed: number }): Promise<{
  isGood: boolean
  words: string
}> {
  const startedMs = Date.now()
  const { log, error } = console
  // The director says what it settles, thousands of times here.
  Object.assign(console, { log: () => undefined, error: () => undefined })
  try {
    let calls = 0
    const property = fc.asyncProperty(acts, async (given) => {
      const { violations, trace } = await play(given)
      calls += trace.length
      return violations.length === 0
    })
    const { failed, counterexample, numRuns, numShrinks } = await fc.check(property, { numRuns: runs, seed })
    const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1)
    if (!failed)
      return {
        isGood: true,
        words: `${numRuns} runs, seed ${seed}: ${calls} calls, no violation, ${seconds} s.`,
      }
    const [shortest = []] = counterexample ?? []
    return {
      isGood: false,
      words: `Run ${numRuns} of seed ${seed} breaks a rule (made shorter ${numShrinks} times, ${seconds} s):\n${await told(shortest)}`,
    }
  } finally {
    Object.assign(console, { log, error })
  }
}

async function told(given: readonly Act[]): Promise<string> {
  const { violations, trace } = await play(given)
  return [
    ...given.map((act, index) => `${index + 1}. ${wordsOfAct(act)}`),
    '',
    ...trace,
    '',
    ...violations.map((violation) => `But ${violation}.`),
  ].join('\n')
}
