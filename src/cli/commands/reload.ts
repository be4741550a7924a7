import { reloadResultSchema } from '../../director/protocol.ts'
import { duration } from '../../words/quantities.ts'
import { EXIT } from '../exit-codes.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

export const addReload: AddCommand = (program, run) => {
  program
    .command('reload')
    .description("test nginx's configuration and make nginx read it again")
    .option(...jsonFlag)
    .action((given) =>
      run({ isJson: jsonOption.parse(given).json }, async (session) => {
        const result = await session.post(reloadResultSchema, '/v1/reload')
        if (session.isJson) session.screen.json(result)
        else
          session.screen.line(
            `nginx took its configuration in ${duration(result.tookMs)}; ${result.workers} new ${result.workers === 1 ? 'worker serves' : 'workers serve'}.`,
          )
        return EXIT.done
      }),
    )
}
