import { environmentChangeWords } from '../../../release/environment-change.ts'
import type { Release } from '../../../release/release.ts'

/** Which names of the app's environment a release changed; nothing where it is not known, or none did. */
export function EnvironmentChanged({ release }: { release: Pick<Release, 'environmentChange'> }) {
  const words = release.environmentChange && environmentChangeWords(release.environmentChange)
  if (!words) return null
  return (
    <p className="mt-1 max-w-prose text-sm text-ink-muted [overflow-wrap:anywhere]">Environment: {words}.</p>
  )
}
