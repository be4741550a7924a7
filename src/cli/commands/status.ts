import { type SystemStatus, systemStatusSchema } from '../../director/protocol.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { statusLines } from '../status-lines.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

export const addStatus: AddCommand = (program, run) => {
  program
    .command('status')
    .description('what is live, how the slots are, and what is under way')
    .option(...jsonFlag)
    .action((given) =>
      run({ isJson: jsonOption.parse(given).json }, async ({ get, screen, isJson }) => {
        const status = await get(systemStatusSchema, '/v1/status')
        if (isJson) screen.json(status)
        else for (const line of statusLines(status, screen)) screen.line(line)
        return statusExitCode(status)
      }),
    )
}

/** Scripts may use the command as a check: 0 only while visitors are served as they should be. */
export function statusExitCode({ docker, routing, slots }: SystemStatus): ExitCode {
  if (docker.problem !== null) return EXIT.unreachable
  if (routing.problem !== null || routing.live === null) return EXIT.needsAttention
  return slots[routing.live].health.state === 'operational' ? EXIT.done : EXIT.needsAttention
}
