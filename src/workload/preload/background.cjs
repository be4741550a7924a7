// @ts-check
'use strict'

const CONTEXT = Symbol.for('@next/request-context')

/**
 * Takes the work that goes on after an answer (`after()`) from Next, which hands it to the platform where there is one.
 * Next then waits for none of it when it stops: `drainOnSigterm` does. A platform that is there already keeps it.
 * https://nextjs.org/docs/app/api-reference/functions/after#platform-support
 *
 * @param {Pick<import('./state.cjs').WorkloadState, 'background'>} state
 */
function takeBackgroundWork({ background }) {
  if (Reflect.has(globalThis, CONTEXT)) return
  /** @param {Promise<unknown>} work */
  const waitUntil = (work) => {
    background.add(work)
    const end = () => void background.delete(work)
    work.then(end, (cause) => {
      end()
      console.error('Work after an answer failed:', cause)
    })
  }
  Object.defineProperty(globalThis, CONTEXT, { value: { get: () => ({ waitUntil }) }, configurable: true })
}

module.exports = { takeBackgroundWork }
