import { unstable_isUnrecognizedActionError as isUnrecognizedActionError } from 'next/navigation'

/**
 * Whether an error means that this tab's build is gone: its chunk is on no server any more, or the build that answered
 * does not know the tab's server action. Loading the page anew is the cure for both.
 */
export function isStaleBuildError(error: unknown): boolean {
  if (isUnrecognizedActionError(error)) return true
  return (
    error instanceof Error && (error.name === 'ChunkLoadError' || /Failed to load chunk/.test(error.message))
  )
}
