import { ReleaseError } from '../release/errors.ts'
import { type CommandResult, lastLines, runCommand } from './command.ts'
import { gitArgv, type Project } from './project.ts'

const GIT_DEADLINE_MS = 60_000
const SHORT_REVISION_LENGTH = 7

/** Runs git in the project directory and captures what it writes; any exit code is an answer. */
export function git(project: Project, args: readonly string[], signal: AbortSignal): Promise<CommandResult> {
  return runCommand({
    argv: gitArgv(project, ...args),
    cwd: project.directory,
    env: project.environment,
    signal,
    timeoutMs: GIT_DEADLINE_MS,
    stdout: 'capture',
  })
}

/** As `git`, for what must not fail. Throws `internal` with git's last line. */
export async function gitOutput(
  project: Project,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Buffer> {
  const { code, captured, lines } = await git(project, args, signal)
  if (code === 0) return captured
  const said = lastLines(lines, 1) || `exit code ${code}`
  throw new ReleaseError('internal', { reason: `git ${args[0]} failed: ${said.replace(/\.$/, '')}.` })
}

/** The commit that `ref` names, as a full hash, or null. Asked first, since every later command only says that something is missing. */
export async function resolveRef(project: Project, ref: string, signal: AbortSignal): Promise<string | null> {
  const { code, captured } = await git(
    project,
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`],
    signal,
  )
  const hash = captured.toString('utf8').trim()
  return code === 0 && /^[0-9a-f]{40,64}$/.test(hash) ? hash : null
}

export const shortRevision = (hash: string): string => hash.slice(0, SHORT_REVISION_LENGTH)

/** The paths of a list that git wrote with `-z`. */
export function nulSeparated(list: Buffer): string[] {
  return list
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '')
}
