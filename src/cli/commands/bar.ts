import { z } from 'zod'
import { barOutcomeSchema, outcomeWords } from '../../release/bar.ts'
import { EXIT } from '../exit-codes.ts'
import { harmless } from '../screen.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

const optionsSchema = jsonOption.extend({
  reason: z.string().nullable().default(null),
  endSessions: z.boolean().default(false),
})

export const addBar: AddCommand = (program, run) => {
  program
    .command('bar')
    .description('keep everybody from a build: its open tabs get the live one at their next request')
    .argument('<build>', 'its deployment id, as `history` tells it')
    .option('--reason <text>', 'why, for whoever asks later')
    .option(
      '--end-sessions',
      'all operators sign in anew: code of the build could read their cookies. Not by itself, since most bars are for a plain fault',
    )
    .option(...jsonFlag)
    .action((build: string, given) => {
      const { json, reason, endSessions } = optionsSchema.parse(given)
      return run({ isJson: json }, async ({ post, screen, isJson }) => {
        const outcome = await post(barOutcomeSchema, '/v1/bar', {
          build,
          reason,
          ...(endSessions ? { endSessions } : {}),
        })
        if (isJson) screen.json(outcome)
        else screen.line(harmless(outcomeWords(outcome)))
        return EXIT.done
      })
    })
}
