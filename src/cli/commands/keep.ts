import { z } from 'zod'
import { keepOutcomeSchema, keepWords } from '../../release/keep-mark.ts'
import { EXIT } from '../exit-codes.ts'
import { harmless } from '../screen.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

const optionsSchema = jsonOption.extend({ reason: z.string().nullable().default(null) })

export const addKeep: AddCommand = (program, run) => {
  program
    .command('keep')
    .description('never prune a build, until `unkeep` takes that back')
    .argument('<build>', 'its deployment id, as `history` tells it')
    .option('--reason <text>', 'why, for whoever asks later')
    .option(...jsonFlag)
    .action((build: string, given) => {
      const { json, reason } = optionsSchema.parse(given)
      return run({ isJson: json }, async ({ post, screen, isJson }) => {
        const outcome = await post(keepOutcomeSchema, '/v1/keep', { build, reason })
        if (isJson) screen.json(outcome)
        else screen.line(harmless(keepWords(outcome)))
        return EXIT.done
      })
    })
}
