'use client'
import type { Release } from '../../release/release.ts'
import { NowProvider } from './now.tsx'
import { ReleaseView } from './release-view.tsx'

type Props = { release: Release; renderedAtMs: number; sessionEnded: string }

/** A release on a page of its own. Nothing is entered here, so an ended session leads straight to signing in. */
export function ReleasePage({ release, renderedAtMs, sessionEnded }: Props) {
  return (
    <NowProvider startMs={renderedAtMs}>
      <ReleaseView
        key={release.id}
        id={release.id}
        initial={release}
        level="h1"
        onSignedOut={() => window.location.assign(sessionEnded)}
      />
    </NowProvider>
  )
}
