import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { EXIT } from '../cli/exit-codes.ts'
import { hostEnvironment } from '../config/host-environment.ts'
import { Refusal } from '../director/refusal.ts'
import { reasonOf } from '../release/errors.ts'
import { takeDown } from './down.ts'
import { Declined, SettingsRefusal, SetupFailure } from './failure.ts'
import { inspectHost } from './host.ts'
import { prepare } from './prepare.ts'
import { createProgress, type Progress } from './progress.ts'
import { bringUp, type SetupOptions } from './up.ts'

/** `npm run up`, `npm run down`, and `prepare` for tests. */
const directory = process.env.SWITCHYARD_DIR ?? join(import.meta.dirname, '..', '..')
const logPath = join(directory, 'state', 'logs', 'set-up.log')

type Flags = { yes: boolean; image?: string; console?: boolean }

async function carryOut(
  { yes, image, console: hasConsole = true }: Flags,
  work: (options: SetupOptions) => Promise<void>,
): Promise<void> {
  const firstSource =
    image === undefined ? { kind: 'tree' as const } : { kind: 'image' as const, image, hasConsole }
  let progress: Progress | null = null
  try {
    // First of all: without root not even the log can be written.
    const host = await inspectHost()
    progress = createProgress(process.stdout, logPath)
    await work({ directory, host, progress, environment: hostEnvironment(), isAgreed: yes, firstSource })
  } catch (error) {
    process.exitCode = 1
    tell(error)
    if (progress !== null && !tellsItAll(error)) console.error(`The whole of it: ${logPath}`)
  } finally {
    progress?.close()
  }
}

/** Whether the log holds no more than what is told. */
function tellsItAll(error: unknown): boolean {
  return error instanceof Declined || error instanceof SettingsRefusal
}

function tell(error: unknown): void {
  if (error instanceof Declined) {
    console.error(error.message)
    return
  }
  const lines =
    error instanceof SetupFailure
      ? [error.what, error.next, error.detail]
      : error instanceof Refusal
        ? [error.message, error.body.detail]
        : [`Set-up stopped: ${reasonOf(error)}`, 'Run the command again; it goes on where it stopped.']
  console.error('')
  for (const line of lines) if (line) console.error(line.split('\n').join('\n  '))
}

// `npm run up | head` closes the pipe on us. The work goes on: half a set-up would serve nobody, and the log tells it all.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (!('code' in error && error.code === 'EPIPE')) throw error
  })
}

const program = new Command('switchyard').description('Set up this project on this machine.').exitOverride()
program
  .command('up')
  .description('bring everything up, or to what the files say now')
  .option('-y, --yes', 'do not ask', false)
  .option('--image <image>', 'make the first release of an image instead of this directory')
  .option('--no-console', 'the image has no /ops')
  .action((flags: Flags) => carryOut(flags, bringUp))
program
  .command('prepare')
  .description('get Docker and the base images, start nothing')
  .option('-y, --yes', 'do not ask', false)
  .action((flags: Flags) => carryOut(flags, prepare))
program
  .command('down')
  .description('stop and remove the containers, keep all data')
  .option('--purge', 'remove the data and the images of this project too', false)
  .option('-y, --yes', 'do not ask', false)
  .action((flags: Flags & { purge: boolean }) =>
    carryOut(flags, (options) => takeDown({ ...options, isPurge: flags.purge })),
  )
try {
  await program.parseAsync()
} catch (cause) {
  if (!(cause instanceof CommanderError)) throw cause
  process.exitCode = cause.exitCode === 0 ? EXIT.done : EXIT.usage
}
