import type { ReleaseErrorBody } from '../../release/errors.ts'
import { Prose } from './prose.tsx'
import { ToneIcon } from './tone-icon.tsx'

type Props = {
  error: ReleaseErrorBody
  isUrgent?: boolean
  /** An abort is what somebody wanted, not a fault. */
  isWished?: boolean
}

const UNWISHED = { tone: 'bad', box: 'border-bad/40 bg-bad-wash', words: 'text-bad' } as const
const WISHED = { tone: 'warn', box: 'border-warn/40 bg-warn-wash', words: 'text-ink' } as const

/**
 * An error's three sentences: what happened, what is live, what to do. Its detail stands below, verbatim, in a
 * reversed box: that one opens at its end, where the cause stands.
 */
export function Refusal({ error, isUrgent = false, isWished = false }: Props) {
  const { tone, box, words } = isWished ? WISHED : UNWISHED
  return (
    <div role={isUrgent ? 'alert' : undefined} className={`flex gap-3 rounded-md border p-3.5 ${box}`}>
      <span className="mt-0.5">
        <ToneIcon tone={tone} size={17} />
      </span>
      <div className="min-w-0 flex-1 space-y-1">
        <p className={`font-semibold [overflow-wrap:anywhere] ${words}`}>
          <Prose text={error.what} />
        </p>
        {error.live !== '' && (
          <p className="text-ink">
            <Prose text={error.live} />
          </p>
        )}
        {error.next !== '' && (
          <p className="text-ink">
            <Prose text={error.next} />
          </p>
        )}
        {error.detail !== null && error.detail !== '' && (
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
            tabIndex={0}
            className="mt-2 flex max-h-72 flex-col-reverse overflow-auto rounded border border-line bg-surface p-2.5 font-mono text-xs whitespace-pre-wrap text-ink [overflow-wrap:anywhere]"
          >
            <code className="font-mono">{error.detail}</code>
          </pre>
        )}
      </div>
    </div>
  )
}
