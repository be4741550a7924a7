'use client'
import { useState } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import type { Release } from '../../release/release.ts'
import { onScreenFirst, onScreenNext, onScreenWith } from '../view/followed.ts'

export type Followed = { release: Release | null; follow(release: Release): void }

/** The release on screen: the one under way, and after its end still that one, until there is a newer one. */
export function useFollowed(status: Pick<SystemStatus, 'running' | 'last'>): Followed {
  const [before, setOnScreen] = useState(() => onScreenFirst(status))
  const now = onScreenNext(before, status)
  if (now !== before) setOnScreen(now)
  return {
    release: now.release,
    follow: (release) => setOnScreen((onScreen) => onScreenWith(onScreen, release)),
  }
}
