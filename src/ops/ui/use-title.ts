'use client'
import { useEffect } from 'react'
import type { SystemStatus } from '../../director/protocol.ts'
import { titleOf } from '../view/release.ts'

/** Tells in the tab's title what goes on, for an operator who looks at another tab meanwhile. */
export function useTitle(status: SystemStatus): void {
  const { project } = status
  const title = `${titleNow(status)} · ${project}`
  // At every status: Next sets the page's own title once more, when this has been drawn.
  useEffect(() => {
    if (document.title !== title) document.title = title
  })
}

function titleNow({ running, live, routing, freeze }: SystemStatus): string {
  if (running) return `${titleOf(running)}…`
  if (!routing.nginxAnswers) return 'nginx does not answer'
  const frozen = freeze === null ? '' : ', frozen'
  return `${live ? `${live.version} live` : 'Nothing live'}${frozen}`
}
