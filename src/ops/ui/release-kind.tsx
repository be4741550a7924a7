import { ShieldAlert, Undo2 } from 'lucide-react'
import { isFailOver } from '../../release/freeze.ts'
import type { Release } from '../../release/release.ts'
import { sourceText } from '../view/release.ts'

/** What a release was made from; a way back is told apart by a shape and a word. */
export function ReleaseKind({ release }: { release: Release }) {
  if (release.verb === 'deploy') return sourceText(release.source).replace(/^the /, '')
  const [Icon, word, colours] = isFailOver(release)
    ? ([ShieldAlert, 'Fail-over', 'bg-bad-wash text-bad'] as const)
    : ([Undo2, 'Rollback', 'bg-warn-wash text-warn'] as const)
  return (
    <span
      className={`inline-flex items-center gap-1 rounded px-1.5 py-0.5 align-top text-xs font-semibold ${colours}`}
    >
      <Icon aria-hidden="true" size={12} strokeWidth={2.5} />
      {word}
    </span>
  )
}
