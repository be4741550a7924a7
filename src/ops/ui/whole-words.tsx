import { Fragment } from 'react'

/** Text in which no word breaks where it fits a line: a version or a build's id has hyphens, after which a browser breaks. */
export function WholeWords({ text }: { text: string }) {
  return text.split(' ').map((word, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: words of one fixed text never change places
    <Fragment key={index}>
      {index > 0 && ' '}
      {word.includes('-') ? <span className="inline-block max-w-full">{word}</span> : word}
    </Fragment>
  ))
}
