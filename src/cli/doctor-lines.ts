import type { Found } from '../doctor/finding.ts'
import type { MendReport } from '../doctor/mend.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { harmless, type Screen } from './screen.ts'

type Paint = Pick<Screen, 'paint'>

/** A finding for programs. */
export function shownFinding({ check, severity, sentence, remedy, mend }: Found) {
  return { check, severity, sentence, remedy, canMend: mend !== null }
}

/** `agreement` is what is said where nothing was found. */
export function doctorLines(
  found: readonly Found[],
  agreement: string,
  underWay: string | null,
  screen: Paint,
): string[] {
  const note = underWay === null ? [] : [screen.paint('dim', harmless(underWay))]
  if (found.length === 0)
    return [underWay === null ? agreement : 'Nothing is wrong that can be told now.', ...note]
  return [...found.flatMap((finding) => findingLines(finding, screen)), '', countLine(found), ...note]
}

/** What became of each finding after `--fix`. */
export function mendLines({ mended, failures, left }: MendReport, screen: Paint): string[] {
  return [
    ...mended.map(({ sentence }) => `${screen.paint('green', 'mended')}   ${harmless(sentence)}`),
    ...left.flatMap((finding) => {
      const failure = failures.get(finding.sentence)
      const why = failure === undefined ? [] : [`         This failed: ${harmless(failure)}.`]
      return [...findingLines(finding, screen), ...why]
    }),
    '',
    left.length === 0
      ? `${counted(mended.length)} mended; everything agrees now.`
      : `${counted(mended.length)} mended, ${counted(left.length)} left.`,
  ]
}

/** 1 while visitors are served as before, 2 where they are not, or where nothing tells what is live. */
export function exitCodeOfFindings(found: readonly Found[]): ExitCode {
  if (found.some(({ severity }) => severity === 'broken')) return EXIT.needsAttention
  return found.length > 0 ? EXIT.failedSafe : EXIT.done
}

function findingLines({ severity, sentence, remedy }: Found, { paint }: Paint): string[] {
  const mark = severity === 'broken' ? paint('red', 'broken') : paint('yellow', 'warning')
  const indent = severity === 'broken' ? '   ' : '  '
  return [`${mark}${indent}${harmless(sentence)}`, `         ${harmless(remedy)}`]
}

function countLine(found: readonly Found[]): string {
  const mendable = found.filter(({ mend }) => mend !== null).length
  const fix =
    mendable === 0
      ? 'None of it can be mended by --fix.'
      : `\`switchyard doctor --fix\` mends ${mendable === found.length ? (mendable === 1 ? 'it' : 'all of them') : mendable}.`
  return `${counted(found.length)} found. ${fix}`
}

const counted = (count: number): string => `${count} ${count === 1 ? 'thing' : 'things'}`
