import { keepOutcomeSchema, keepWords } from '../../release/keep-mark.ts'
import { EXIT } from '../exit-codes.ts'
import { harmless } from '../screen.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

export const addUnkeep: AddCommand = (program, run) => {
  program
    .command('unkeep')
    .description('let a build that is kept be pruned as any other')
    .argument('<build>', 'its deployment id, as `prune --dry-run` tells it')
    .option(...jsonFlag)
    .action((build: string, given) =>
      run({ isJson: jsonOption.parse(given).json }, async ({ post, screen, isJson }) => {
        const outcome = await post(keepOutcomeSchema, '/v1/unkeep', { build })
        if (isJson) screen.json(outcome)
        else screen.line(harmless(keepWords(outcome)))
        return EXIT.done
      }),
    )
}
