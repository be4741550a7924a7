import { acceptedSchema } from '../../director/protocol.ts'
import { EXIT } from '../exit-codes.ts'
import { followRelease } from '../follow.ts'
import { showEnd } from '../watch-release.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

export const addAbort: AddCommand = (program, run) => {
  program
    .command('abort')
    .description('stop the release that is under way, before it moves the traffic')
    .option(...jsonFlag)
    .action((given) =>
      run({ isJson: jsonOption.parse(given).json }, async (session) => {
        const { release } = await session.post(acceptedSchema, '/v1/abort')
        for await (const event of followRelease(session, release.id)) {
          if (event.event !== 'end') continue
          const exitCode = showEnd(session, event.data)
          return event.data.state === 'aborted'
            ? EXIT.done
            : exitCode === EXIT.done
              ? EXIT.failedSafe
              : exitCode
        }
        return EXIT.detached
      }),
    )
}
