import { z } from 'zod'
import { appliedSite } from '../../../config/site-address.ts'
import {
  endedSchema,
  type OperatorView,
  operatorsSchema,
  resetSchema,
} from '../../../director/operators-protocol.ts'
import { ago } from '../../../words/quantities.ts'
import { EXIT } from '../../exit-codes.ts'
import { table } from '../../format.ts'
import { harmless } from '../../screen.ts'
import { type AddCommand, jsonFlag, jsonOption } from '../command.ts'

const removeSchema = jsonOption.extend({ evenLast: z.boolean().default(false) })

export const addOperators: AddCommand = (program, run) => {
  const operators = program.command('operators').description('who may sign in to the console')

  operators
    .command('list', { isDefault: true })
    .description('every operator, with how many sessions they have open')
    .option(...jsonFlag)
    .action((given) =>
      run({ isJson: jsonOption.parse(given).json }, async ({ get, screen, isJson }) => {
        const found = await get(operatorsSchema, '/v1/operators')
        if (isJson) screen.json(found)
        else for (const line of operatorLines(found.operators, Date.now())) screen.line(line)
        return EXIT.done
      }),
    )

  operators
    .command('remove')
    .description('take an operator away; their sessions end at once')
    .argument('<email>', 'as `operators` tells it')
    .option('--even-last', 'also where nobody could sign in after it')
    .option(...jsonFlag)
    .action((email: string, given) => {
      const { json, evenLast } = removeSchema.parse(given)
      return run({ isJson: json }, async ({ post, screen, isJson }) => {
        const done = await post(endedSchema, '/v1/operators/remove', { email, evenLast })
        if (isJson) screen.json(done)
        else screen.line(harmless(done.sentence))
        return EXIT.done
      })
    })

  operators
    .command('reset')
    .description("take an operator's password away, end their sessions, and make a link for a new one")
    .argument('<email>', 'as `operators` tells it')
    .option(...jsonFlag)
    .action((email: string, given) =>
      run({ isJson: jsonOption.parse(given).json }, async ({ post, screen, isJson }) => {
        const done = await post(resetSchema, '/v1/operators/reset', { email })
        if (isJson) {
          screen.json(done)
          return EXIT.done
        }
        screen.line(harmless(done.sentence))
        screen.line(`${(await appliedSite('state/deployment_state.env')) ?? ''}${done.link.path}`)
        return EXIT.done
      }),
    )
}

/** A table of operators, the oldest first. */
export function operatorLines(operators: readonly OperatorView[], nowMs: number): string[] {
  if (operators.length === 0) return ['There is no operator yet: `switchyard setup-link` makes one.']
  return table([
    ['name', 'email', 'since', 'sessions', 'password'],
    ...operators.map(({ name, email, since, sessions, hasPassword }) => [
      harmless(name),
      harmless(email),
      ago(nowMs - Date.parse(since)),
      String(sessions),
      hasPassword ? 'set' : 'none, since it was reset',
    ]),
  ])
}
