import { barOutcomeSchema, outcomeWords } from '../../release/bar.ts'
import { EXIT } from '../exit-codes.ts'
import { harmless } from '../screen.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

export const addUnbar: AddCommand = (program, run) => {
  program
    .command('unbar')
    .description('let a build that was barred be used again')
    .argument('<build>', 'its deployment id, as `history` tells it')
    .option(...jsonFlag)
    .action((build: string, given) =>
      run({ isJson: jsonOption.parse(given).json }, async ({ post, screen, isJson }) => {
        const outcome = await post(barOutcomeSchema, '/v1/unbar', { build })
        if (isJson) screen.json(outcome)
        else screen.line(harmless(outcomeWords(outcome)))
        return EXIT.done
      }),
    )
}
