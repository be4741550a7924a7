import { z } from 'zod'
import { acceptedSchema } from '../../director/protocol.ts'
import { watchRelease } from '../watch-release.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'
import { preview } from './preview.ts'

const optionsSchema = jsonOption.extend({ note: z.string().optional(), dryRun: z.boolean().default(false) })

export const addRollback: AddCommand = (program, run) => {
  program
    .command('rollback')
    .description('move the traffic back to the standby')
    .option('--note <text>', 'why, for the history')
    .option('--dry-run', 'show what would be done, change nothing')
    .option(...jsonFlag)
    .action((given) => {
      const { json, note, dryRun } = optionsSchema.parse(given)
      return run({ isJson: json }, async (session) => {
        if (dryRun) return preview(session, { verb: 'rollback' })
        const { release } = await session.post(acceptedSchema, '/v1/rollback', { note })
        return watchRelease(session, release)
      })
    })
}
