'use client'
import { useState } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import type { Release } from '../../release/release.ts'

export type Followed = { release: Release | null; follow(release: Release): void }

/** The release on screen: the one under way, and after its end still that one, until the next begins. */
export function useFollowed(status: Pick<SystemStatus, 'running' | 'last'>): Followed {
  const [release, follow] = useState<Release | null>(status.running)
  const newest = status.running ?? (status.last?.id === release?.id ? status.last : null)
  const isNews = newest !== null && newest !== release && newest.id >= (release?.id ?? 0)
  if (isNews) follow(newest)
  return { release: isNews ? newest : release, follow }
}
