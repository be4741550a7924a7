import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runOnHost, saidBy } from './command.ts'
import { SetupFailure } from './failure.ts'
import type { Say } from './progress.ts'

const DOWNLOAD_TIMEOUT_MS = 5 * 60_000

/**
 * Unpacks Debian packages of the host's own release into `directory`, without installing them: the host stays as it was.
 * Throws `SetupFailure` when apt can't get them.
 */
export async function unpackPackages(names: readonly string[], directory: string, say: Say): Promise<void> {
  const downloads = join(directory, '.deb')
  await mkdir(downloads, { recursive: true })
  say(`unpacking ${names.join(', ')} from the distribution`)
  try {
    await download(names, downloads)
  } catch {
    say('refreshing the package lists')
    await refreshPackageLists()
    await download(names, downloads).catch((cause) => {
      throw new SetupFailure(
        `The packages ${names.join(', ')} could not be downloaded.`,
        'Check that `apt-get update` works on this machine, then run the command again.',
        { cause, detail: saidBy(cause) },
      )
    })
  }
  for (const file of await readdir(downloads)) {
    await runOnHost(['dpkg-deb', '-x', join(downloads, file), directory], { timeoutMs: DOWNLOAD_TIMEOUT_MS })
  }
}

/** `apt-get update`. */
export async function refreshPackageLists(): Promise<void> {
  await runOnHost(['apt-get', 'update', '-q'], { timeoutMs: DOWNLOAD_TIMEOUT_MS })
}

// apt gives its downloads to the user `_apt`, which can't enter a private directory: root fetches them itself.
async function download(names: readonly string[], directory: string): Promise<void> {
  await runOnHost(['apt-get', 'download', '-q', '-o', 'APT::Sandbox::User=root', ...names], {
    cwd: directory,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  })
}
