import { Option } from 'commander'
import { z } from 'zod'
import { acceptedSchema } from '../../director/protocol.ts'
import { ReleaseError } from '../../release/errors.ts'
import { type DeployRequest, deployRequestSchema } from '../../release/release.ts'
import { freezeInSight, isDeployedDespite } from '../despite-freeze.ts'
import { EXIT } from '../exit-codes.ts'
import { watchRelease } from '../watch-release.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'
import { preview } from './preview.ts'

const optionsSchema = jsonOption.extend({
  ref: z.string().optional(),
  image: z.string().optional(),
  build: z.string().optional(),
  console: z.boolean(),
  label: z.string().nullable().default(null),
  note: z.string().nullable().default(null),
  dryRun: z.boolean().default(false),
  despiteFreeze: z.boolean().default(false),
})

export const addDeploy: AddCommand = (program, run, { appVersion }) => {
  program
    .command('deploy')
    .description('build the working tree, a ref or take an image, and move the traffic to it')
    .addOption(new Option('--ref <ref>', 'build this branch, tag or commit').conflicts('image'))
    .addOption(new Option('--image <image>', 'take this image from an allowed source instead of building'))
    .addOption(
      new Option('--build <id>', 'take a build that is kept, with app.env as it is now').conflicts([
        'ref',
        'image',
      ]),
    )
    .addOption(new Option('--no-console', 'the image has no /ops: do not check for it'))
    .option(
      '--label <version>',
      'the version that the build shows, APP_VERSION by default; of a ready image, in the history alone',
    )
    .option('--note <text>', 'why, for the history')
    .option('--dry-run', 'show what would be done, change nothing')
    .option('--despite-freeze', 'you know of the freeze that refuses machines, and deploy all the same')
    .option(...jsonFlag)
    .action((given) => {
      const options = optionsSchema.parse(given)
      return run({ isJson: options.json }, async (session) => {
        const frozen = await freezeInSight(session, options.despiteFreeze)
        const request = {
          ...requestOf(options, await appVersion()),
          ...(frozen && { despiteFreeze: frozen.at }),
        }
        if (options.dryRun) return preview(session, { verb: 'deploy', request })
        if (frozen && !(await isDeployedDespite(session, frozen, options.despiteFreeze))) {
          session.screen.line('Nothing was begun.')
          return EXIT.frozen
        }
        const { release } = await session.post(acceptedSchema, '/v1/deploy', request)
        return watchRelease(session, release)
      })
    })
}

/** Throws `bad-request` on what the director would refuse, sooner. */
function requestOf(
  { ref, image, build, console: hasConsole, label: given, note }: z.infer<typeof optionsSchema>,
  appVersion: string | null,
): DeployRequest {
  // What is built already has its version.
  const label = given ?? (build === undefined ? appVersion : null)
  if (!hasConsole && image === undefined)
    throw new ReleaseError('bad-request', { reason: '--no-console goes with --image only' })
  const result = deployRequestSchema.safeParse({
    source: sourceOf({ ref, image, build, hasConsole }),
    label,
    note,
  })
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const flag = String(issue?.path.at(-1))
  const name = flag === 'label' && given === null ? 'APP_VERSION' : `--${flag}`
  throw new ReleaseError('bad-request', {
    reason: `${name}: ${(issue?.message ?? '').replace(/\.$/, '')}`,
  })
}

function sourceOf({
  ref,
  image,
  build,
  hasConsole,
}: {
  ref?: string | undefined
  image?: string | undefined
  build?: string | undefined
  hasConsole: boolean
}) {
  if (build !== undefined) return { kind: 'build', build }
  if (image !== undefined) return { kind: 'image', image, hasConsole }
  return ref === undefined ? { kind: 'tree' } : { kind: 'ref', ref }
}
