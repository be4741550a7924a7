/** A sentence of the domain, with what stands between backticks as code: commands and paths are worded that way. */
export function Prose({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one fixed sentence never change places
      <code key={index} className="font-mono text-[0.95em] whitespace-nowrap">
        {part}
      </code>
    ),
  )
}
