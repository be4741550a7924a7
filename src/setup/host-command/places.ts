import { createHash } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const MARK = 'io.switchyard.host-command'

export type HostCommandPaths = ReturnType<typeof placesOf>

/** Where everything of the host's own command lies; src/cli/host-command.sh finds its library by its own place. */
export function placesOf(prefix: string) {
  const library = join(prefix, 'lib', 'switchyard')
  return {
    command: join(prefix, 'bin', 'switchyard'),
    library,
    node: join(library, 'node'),
    libraries: join(library, 'lib'),
    projects: join(library, 'projects'),
    bash: join(prefix, 'share', 'bash-completion', 'completions', 'switchyard'),
    zsh: join(prefix, 'share', 'zsh', 'site-functions', '_switchyard'),
    fish: join(prefix, 'share', 'fish', 'vendor_completions.d', 'switchyard.fish'),
  }
}

/** The file that says that the project in `directory` was set up on this host. */
export function projectEntry({ projects }: HostCommandPaths, directory: string): string {
  return join(projects, createHash('sha256').update(directory).digest('hex').slice(0, 16))
}

/** Whether the file at `path` is one that set-up has installed. */
export async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null)
  return found?.isFile() === true && (await readFile(path, 'utf8').catch(() => '')).includes(MARK)
}
