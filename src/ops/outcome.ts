import type { ReleaseErrorBody } from '../release/errors.ts'

/** What a verb came to, in a shape that passes from a server action to the browser. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: ReleaseErrorBody }
