import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

/** A reporter of `node:test` that writes each ended test as one line of JSON, for `in-tools.ts` to read. */
export default async function* lineReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { name, details } = event.data
    if (details.type === 'suite') continue
    const error =
      event.type === 'test:fail' ? inspect(event.data.details.error.cause ?? event.data.details.error) : null
    yield `${JSON.stringify({ name, isGood: event.type === 'test:pass', tookMs: details.duration_ms, error })}\n`
  }
}
