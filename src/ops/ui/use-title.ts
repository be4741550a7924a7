'use client'
import { useEffect } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import { titleOf } from '../view/release.ts'

/** Tells in the tab's title what goes on, for an operator who looks at another tab meanwhile. */
export function useTitle(status: Pick<SystemStatus, 'running' | 'live' | 'project'>): void {
  const { running, live, project } = status
  const title = running ? `${titleOf(running)}…` : live ? `${live.version} live` : 'Nothing live'
  useEffect(() => {
    document.title = `${title} · ${project}`
  }, [title, project])
}
