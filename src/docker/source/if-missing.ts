/** For a `catch`: null for a file that is not there, or behind one that is no directory; throws anything else. */
export function ifMissing(cause: unknown): null {
  if (cause instanceof Error && 'code' in cause && MISSING.includes(String(cause.code))) return null
  throw cause
}

const MISSING = ['ENOENT', 'ENOTDIR', 'ELOOP']
