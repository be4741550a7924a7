import { z } from 'zod'
import { endedSchema, type SessionView, sessionsSchema } from '../../../director/operators-protocol.ts'
import { ReleaseError } from '../../../release/errors.ts'
import { ago } from '../../../words/quantities.ts'
import { EXIT } from '../../exit-codes.ts'
import { table } from '../../format.ts'
import { harmless } from '../../screen.ts'
import { type AddCommand, jsonFlag, jsonOption } from '../command.ts'

const SHORT_ID = 8

const endSchema = jsonOption.extend({ all: z.boolean().default(false) })

export const addSessions: AddCommand = (program, run) => {
  const sessions = program.command('sessions').description('who is signed in to the console')

  sessions
    .command('list', { isDefault: true })
    .description('every session: whose, since when, from where, and when it was last used')
    .option(...jsonFlag)
    .action((given) =>
      run({ isJson: jsonOption.parse(given).json }, async ({ get, screen, isJson }) => {
        const found = await get(sessionsSchema, '/v1/sessions')
        if (isJson) screen.json(found)
        else for (const line of sessionLines(found.sessions, Date.now())) screen.line(line)
        return EXIT.done
      }),
    )

  sessions
    .command('end')
    .description('end a session: its cookie is worth nothing from then on')
    .argument('[id]', 'as `sessions` tells it')
    .option('--all', 'every session: all operators sign in anew')
    .option(...jsonFlag)
    .action((id: string | undefined, given) => {
      const { json, all } = endSchema.parse(given)
      return run({ isJson: json }, async ({ post, screen, isJson }) => {
        if ((id === undefined) !== all)
          throw new ReleaseError('bad-request', { reason: 'name one session, or say --all' })
        const done = await post(endedSchema, '/v1/sessions/end', all ? { which: 'all' } : { id })
        if (isJson) screen.json(done)
        else screen.line(harmless(done.sentence))
        return EXIT.done
      })
    })
}

/** A table of sessions, the newest first. */
export function sessionLines(sessions: readonly SessionView[], nowMs: number): string[] {
  if (sessions.length === 0) return ['Nobody is signed in.']
  const when = (at: string | null): string => (at === null ? '-' : ago(nowMs - Date.parse(at)))
  return table([
    ['session', 'operator', 'since', 'from', 'last used', 'from', 'browser'],
    ...sessions.map((session) => [
      session.id.slice(0, SHORT_ID),
      harmless(`${session.name} <${session.email}>`),
      when(session.since),
      harmless(session.address ?? '-'),
      when(session.lastUsedAt),
      harmless(session.lastAddress ?? '-'),
      harmless((session.browser ?? '-').slice(0, 60)),
    ]),
  ])
}
