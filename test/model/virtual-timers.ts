import { pass } from './clock.ts'

/** In place of `node:timers/promises`: the only call of it that the domain makes. */
export async function setTimeout<T>(
  ms: number,
  value?: T,
  { signal }: { signal?: AbortSignal } = {},
): Promise<T | undefined> {
  signal?.throwIfAborted()
  pass(ms)
  signal?.throwIfAborted()
  return value
}
