import type { WorkloadState } from './state.ts'

/**
 * Takes the work that goes on after an answer (`after()`) from Next, which hands it to the platform where there is one.
 * Next then waits for none of it when it stops: `endOnSigterm` does.
 * https://nextjs.org/docs/app/api-reference/functions/after#platform-support
 */
export function takeBackgroundWork({ background }: WorkloadState): void {
  const waitUntil = (work: Promise<unknown>): void => {
    background.add(work)
    const end = (): void => void background.delete(work)
    work.then(end, (cause: unknown) => {
      end()
      console.error('Work after an answer failed:', cause)
    })
  }
  Object.defineProperty(globalThis, Symbol.for('@next/request-context'), {
    value: { get: () => ({ waitUntil }) },
    configurable: true,
  })
}
