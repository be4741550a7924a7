import { WholeWords } from './whole-words.tsx'

/** A command of ours stays in one piece; a longer one must not leave a phone's screen. */
const UNBROKEN_CHARS = 30

/** A sentence of the domain, with what stands between backticks as code: commands and paths are worded that way. */
export function Prose({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 0 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one fixed sentence never change places
      <WholeWords key={index} text={part} />
    ) : (
      <code
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one fixed sentence never change places
        key={index}
        className={`font-mono text-[0.95em] ${part.length <= UNBROKEN_CHARS ? 'whitespace-nowrap' : ''}`}
      >
        {part}
      </code>
    ),
  )
}
