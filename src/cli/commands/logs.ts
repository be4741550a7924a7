import { Argument, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { systemStatusSchema } from '../../director/protocol.ts'
import { ReleaseError } from '../../release/errors.ts'
import type { Release } from '../../release/release.ts'
import { SLOTS, type Slot } from '../../release/slot.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { followRelease, readRelease } from '../follow.ts'
import { stepLine, successLine } from '../release-lines.ts'
import { harmless, type Screen } from '../screen.ts'
import { brokenOff } from '../server-events.ts'
import type { Session } from '../session.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

type Subject = { slot: Slot } | { release: number }

const TAIL_LINES = 200

const optionsSchema = jsonOption.extend({ follow: z.boolean().default(false) })

export const addLogs: AddCommand = (program, run) => {
  program
    .command('logs')
    .description('the log of a release (without a number the newest) or of a slot')
    .addArgument(new Argument('[release|slot]', 'a number, primary or secondary').argParser(subjectOf))
    .option('-f, --follow', 'go on with new lines: of a release until it ends, of a slot until Ctrl-C')
    .option(...jsonFlag)
    .action((subject: Subject | undefined, given) => {
      const { json, follow } = optionsSchema.parse(given)
      return run({ isJson: json }, async (session) => {
        const { slot, release } = { slot: null, release: null, ...(subject ?? (await newest(session))) }
        return slot === null ? releaseLog(session, release ?? 0, follow) : slotLog(session, slot, follow)
      })
    })
}

async function releaseLog(session: Session, id: number, follow: boolean): Promise<ExitCode> {
  const { screen, isJson } = session
  const events = follow ? followRelease(session, id) : readRelease(session, id)
  return untilEnd(session, events, ({ event, data }) => {
    if (event === 'release') return
    if (event === 'log') {
      if (isJson) screen.json(data)
      else screen.line(`${data.at.slice(11, 19)} ${data.step.padEnd(9)} ${harmless(data.text)}`)
    } else if (!isJson) showSteps(screen, data)
  })
}

/** Not every step writes a line of its own, so the log ends with how each of them did, and with the outcome. */
function showSteps(screen: Screen, release: Release): void {
  screen.line()
  const nowMs = Date.now()
  for (const step of release.steps) if (step.state !== 'waiting') screen.line(stepLine(step, nowMs))
  if (release.recovery !== null) screen.line(harmless(release.recovery))
  if (release.error !== null) screen.line(harmless(release.error.what))
  else if (release.state === 'live') screen.line(successLine(release, nowMs))
  else screen.line(`It is under way: switchyard logs ${release.id} --follow`)
}

async function slotLog(session: Session, slot: Slot, follow: boolean): Promise<ExitCode> {
  const { screen, isJson } = session
  const path = `/v1/slots/${slot}/logs?tail=${TAIL_LINES}&follow=${follow ? 1 : 0}`
  return untilEnd(session, session.events(path, { idleMs: null }), ({ event, data }) => {
    if (event !== 'line') return
    if (isJson) screen.json({ slot, text: data })
    else screen.line(harmless(data))
  })
}

/** Shows each event, the last one too. A stream that ends without the word `end` has broken off, and what is shown is not all there is. */
async function untilEnd<T extends { event: string }>(
  { detach }: Session,
  events: AsyncIterable<T>,
  show: (event: T) => void,
): Promise<ExitCode> {
  try {
    for await (const event of events) {
      show(event)
      if (event.event === 'end') return EXIT.done
    }
  } catch (cause) {
    if (!detach.aborted) throw cause
  }
  if (detach.aborted) return EXIT.detached
  throw brokenOff(null)
}

async function newest({ get }: Session): Promise<Subject> {
  const { running, last } = await get(systemStatusSchema, '/v1/status')
  const release = running ?? last
  if (!release) throw new ReleaseError('not-found', { thing: 'release yet' })
  return { release: release.id }
}

function subjectOf(text: string): Subject {
  const slot = SLOTS.find((name) => name === text)
  if (slot) return { slot }
  if (/^\d{1,9}$/.test(text)) return { release: Number(text) }
  throw new InvalidArgumentError('It must be the number of a release, primary or secondary.')
}
