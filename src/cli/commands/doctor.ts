import { z } from 'zod'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

const optionsSchema = jsonOption.extend({ fix: z.boolean().default(false) })

export const addDoctor: AddCommand = (program, run) => {
  program
    .command('doctor')
    .description('find what does not agree between journal, routing, nginx, containers, images and files')
    .option('--fix', 'mend what can be mended')
    .option(...jsonFlag)
    .action((given) => {
      const { json, fix } = optionsSchema.parse(given)
      return run({ isJson: json }, async (session) => {
        // Docker's client and all that is looked at take longer to be loaded than the other commands take.
        const { examineHere } = await import('../doctor-here.ts')
        return examineHere(session, fix)
      })
    })
}
