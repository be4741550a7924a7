import { Argument, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { systemStatusSchema } from '../../director/protocol.ts'
import { ReleaseError } from '../../release/errors.ts'
import { SLOTS, type Slot } from '../../release/slot.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { followRelease, readRelease } from '../follow.ts'
import { harmless } from '../screen.ts'
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
    .option('-f, --follow', 'go on with new lines until the release ends, or until Ctrl-C')
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
  for await (const event of follow ? followRelease(session, id) : readRelease(session, id)) {
    if (event.event !== 'log') continue
    if (isJson) screen.json(event.data)
    else
      screen.line(`${event.data.at.slice(11, 19)} ${event.data.step.padEnd(9)} ${harmless(event.data.text)}`)
  }
  return session.detach.aborted ? EXIT.detached : EXIT.done
}

async function slotLog(session: Session, slot: Slot, follow: boolean): Promise<ExitCode> {
  const { screen, isJson, detach } = session
  const path = `/v1/slots/${slot}/logs?tail=${TAIL_LINES}&follow=${follow ? 1 : 0}`
  try {
    for await (const { event, data } of session.events(path, { idleMs: null })) {
      if (event === 'line') isJson ? screen.json({ slot, text: data }) : screen.line(harmless(data))
    }
  } catch (cause) {
    if (!detach.aborted) throw cause
  }
  return detach.aborted ? EXIT.detached : EXIT.done
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
