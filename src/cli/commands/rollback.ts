import { Option } from 'commander'
import { z } from 'zod'
import { acceptedSchema } from '../../director/protocol.ts'
import { watchRelease } from '../watch-release.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'
import { preview } from './preview.ts'

const optionsSchema = jsonOption.extend({
  note: z.string().optional(),
  env: z.literal('current').optional(),
  dryRun: z.boolean().default(false),
})

export const addRollback: AddCommand = (program, run) => {
  program
    .command('rollback')
    .description('move the traffic back to the standby')
    .option('--note <text>', 'why, for the history')
    .addOption(
      new Option(
        '--env <which>',
        'current: start the standby anew with app.env as it is now, prove it, then move',
      ).choices(['current']),
    )
    .option('--dry-run', 'show what would be done, change nothing')
    .option(...jsonFlag)
    .action((given) => {
      const { json, note, env: environment, dryRun } = optionsSchema.parse(given)
      return run({ isJson: json }, async (session) => {
        if (dryRun) return preview(session, { verb: 'rollback', environment })
        const { release } = await session.post(acceptedSchema, '/v1/rollback', { note, environment })
        return watchRelease(session, release)
      })
    })
}
