import { freezeOutcomeSchema, freezeOutcomeWords } from '../../release/freeze.ts'
import { EXIT } from '../exit-codes.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

export const addUnfreeze: AddCommand = (program, run) => {
  program
    .command('unfreeze')
    .description('let machines deploy again, after a rollback, a fail-over or `freeze`')
    .option(...jsonFlag)
    .action((given) =>
      run({ isJson: jsonOption.parse(given).json }, async ({ post, screen, isJson }) => {
        const outcome = await post(freezeOutcomeSchema, '/v1/unfreeze')
        if (isJson) screen.json(outcome)
        else screen.line(freezeOutcomeWords(outcome))
        return EXIT.done
      }),
    )
}
