'use client'

import { builtAs } from '../../../config/built-as.ts'

/** A chunk that is fetched when it is asked for, and is another one in the other build. */
export function Part() {
  return (
    <p>
      The first part, of <code data-testid="part-build">{builtAs}</code>.
    </p>
  )
}
