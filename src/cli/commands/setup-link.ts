import { appliedSite } from '../../config/site-address.ts'
import { setupLinkSchema } from '../../director/protocol.ts'
import { EXIT } from '../exit-codes.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

export const addSetupLink: AddCommand = (program, run) => {
  program
    .command('setup-link')
    .description('a one-time link that adds an operator, or resets the password of one')
    .option(...jsonFlag)
    .action((given) =>
      run({ isJson: jsonOption.parse(given).json }, async (session) => {
        const link = await session.post(setupLinkSchema, '/v1/setup-link')
        if (session.isJson) {
          session.screen.json(link)
          return EXIT.done
        }
        const minutes = Math.round((Date.parse(link.expiresAt) - Date.now()) / 60_000)
        const site = await appliedSite('state/deployment_state.env')
        const what = site === null ? "this path at your site's address" : 'this link'
        session.screen.line(`Open ${what}. It is good once, for ${minutes} minutes:`)
        session.screen.line(`${site ?? ''}${link.path}`)
        return EXIT.done
      }),
    )
}
