import { agreement, examineAll, placeAt } from '../doctor/doctor.ts'
import type { Found } from '../doctor/finding.ts'
import { mendAll } from '../doctor/mend.ts'
import { holdsLock } from '../doctor/words.ts'
import { doctorLines, exitCodeOfFindings, mendLines, shownFinding } from './doctor-lines.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { Session } from './session.ts'

/** Looks at the project in the working directory, mends with `isFix` what can be mended, and shows what was found. */
export async function examineHere(session: Session, isFix: boolean): Promise<ExitCode> {
  const { screen, isJson } = session
  if (process.getuid?.() !== 0) {
    screen.complain('The doctor looks at what only root may read: run it as root, for example with sudo.')
    return EXIT.unreachable
  }
  const place = await placeAt(process.cwd())
  const examined = await examineAll(place)
  if (examined === null) {
    screen.complain('Nothing was ever set up here: `npm run up` does.')
    return EXIT.needsAttention
  }
  const { seen, found } = examined
  if (isFix && found.length > 0) return mendHere(session, place, found)
  const underWay = holdsLock(seen)
  if (isJson) screen.json({ mended: [], findings: found.map(shownFinding), underWay })
  else for (const line of doctorLines(found, agreement(seen), underWay, screen)) screen.line(line)
  return exitCodeOfFindings(found)
}

async function mendHere(
  session: Session,
  place: Awaited<ReturnType<typeof placeAt>>,
  before: readonly Found[],
): Promise<ExitCode> {
  const { screen, isJson, user } = session
  const locked = await mendAll(place, { user, before }, ({ sentence }) => {
    if (!isJson) screen.line(screen.paint('dim', `Mending: ${sentence}`))
  })
  if ('busy' in locked) {
    screen.complain(`${locked.busy}, so nothing was mended. Try again when it has ended.`)
    return EXIT.busy
  }
  const { mended, failures, left } = locked.result
  if (isJson) {
    screen.json({
      mended: mended.map(shownFinding),
      findings: left.map((finding) => ({
        ...shownFinding(finding),
        failure: failures.get(finding.sentence) ?? null,
      })),
      underWay: null,
    })
  } else for (const line of mendLines(locked.result, screen)) screen.line(line)
  return exitCodeOfFindings(left)
}
