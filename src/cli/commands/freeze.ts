import { z } from 'zod'
import { freezeOutcomeSchema, freezeOutcomeWords } from '../../release/freeze.ts'
import { EXIT } from '../exit-codes.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

const optionsSchema = jsonOption.extend({ reason: z.string() })

export const addFreeze: AddCommand = (program, run) => {
  program
    .command('freeze')
    .description('refuse deploys by machines, such as CI, until somebody lifts it')
    .requiredOption('--reason <text>', 'why, for whoever is refused')
    .option(...jsonFlag)
    .action((given) => {
      const { json, reason } = optionsSchema.parse(given)
      return run({ isJson: json }, async ({ post, screen, isJson }) => {
        const outcome = await post(freezeOutcomeSchema, '/v1/freeze', { reason })
        if (isJson) screen.json(outcome)
        else screen.line(freezeOutcomeWords(outcome))
        return EXIT.done
      })
    })
}
