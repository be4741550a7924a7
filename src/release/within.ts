/**
 * Waits for `call` until `deadlineMs` has passed, also where it ignores the signal that it is given, as some clients do.
 * Throws the reason of `signal` once that is aborted, what `late` makes after the deadline, and else what `call` threw.
 */
export async function within<T>(
  signal: AbortSignal,
  deadlineMs: number,
  call: (signal: AbortSignal) => Promise<T>,
  late: (cause: unknown) => Error,
): Promise<T> {
  signal.throwIfAborted()
  const deadline = AbortSignal.timeout(deadlineMs)
  const both = AbortSignal.any([signal, deadline])
  const ended = Promise.withResolvers<never>()
  const onAbort = (): void => ended.reject(both.reason)
  both.addEventListener('abort', onAbort)
  try {
    return await Promise.race([call(both), ended.promise])
  } catch (cause) {
    signal.throwIfAborted()
    throw deadline.aborted ? late(cause) : cause
  } finally {
    both.removeEventListener('abort', onAbort)
  }
}
