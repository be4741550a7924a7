/**
 * What `use` makes of the tab's own storage. Null where there is none: a browser that blocks site data throws at the
 * mere look at it, a web view may have null in its place, and one that is full throws when written to.
 */
export function inTab<T>(use: (storage: Storage) => T): T | null {
  try {
    const storage: Storage | null = sessionStorage
    return storage === null ? null : use(storage)
  } catch (cause) {
    if (cause instanceof DOMException) return null
    throw cause
  }
}
