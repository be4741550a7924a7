import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runOnHost, saidBy } from './command.ts'
import { SetupFailure } from './failure.ts'

const FETCH_TIMEOUT_MS = 3 * 60_000

/** Unpacks a package of the npm registry (`name@range`) into `directory`, as it was published. */
export async function unpackNpmPackage(spec: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  try {
    await runOnHost(['npm', 'pack', '--silent', '--ignore-scripts', spec], {
      cwd: directory,
      timeoutMs: FETCH_TIMEOUT_MS,
    })
  } catch (cause) {
    throw new SetupFailure(
      `The package ${spec} could not be fetched from the npm registry.`,
      'Check that `npm view npm` works on this machine, then run the command again.',
      { cause, detail: saidBy(cause) },
    )
  }
  const archive = (await readdir(directory)).find((file) => file.endsWith('.tgz'))
  if (archive === undefined) throw new Error(`npm pack ${spec} left no archive.`)
  await runOnHost(['tar', '-xzf', join(directory, archive), '-C', directory], {
    timeoutMs: FETCH_TIMEOUT_MS,
  })
}
