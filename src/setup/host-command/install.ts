import { copyFile, link, lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { completions } from '../../cli/completion.ts'
import { createProgram } from '../../cli/program.ts'
import { reasonOf } from '../../release/errors.ts'
import { runOnHost } from '../command.ts'
import { exists } from '../host.ts'
import type { Paths } from '../paths.ts'
import type { Progress } from '../progress.ts'
import { copyWhole, halfOf, removeHalfWritten, writeWhole } from './half-written.ts'
import { type HostCommandPaths, isOurs, placesOf, projectEntry } from './places.ts'

const ANSWER_TIMEOUT_MS = 10_000
const WRITABLE_BY_OTHERS = 0o022

/**
 * Installs the command `switchyard` below `prefix`: a copy of what the director keeps in state/cli, the Node that runs this
 * very program, unless another one is there that is to be kept, and completion. A file of another program's is never replaced. Answers whether it is there; where it
 * can't be, a note says why, since everything works without it.
 */
export async function installHostCommand(
  paths: Paths,
  prefix: string,
  progress: Pick<Progress, 'note'>,
  { isOtherNodeKept = false } = {},
): Promise<boolean> {
  const places = placesOf(prefix)
  const kept = join(paths.cli, 'switchyard')
  try {
    if ((await lstat(places.command).catch(() => null)) !== null && !(await isOurs(places.command))) {
      progress.note(
        `${places.command} is another program's, so the command was not installed; \`npx switchyard\` works in this directory.`,
      )
      return false
    }
    await removeHalfWritten(places)
    const isNew = !(await exists(places.command))
    await installNode(paths, places, isOtherNodeKept)
    await writeWhole(projectEntry(places, paths.directory), `${paths.directory}\n`, 0o644)
    const { bash, zsh, fish } = completions(createProgram(async () => undefined))
    await writeUnlessForeign(places.bash, bash)
    await writeUnlessForeign(places.zsh, zsh)
    await writeUnlessForeign(places.fish, fish)
    await writeWhole(places.command, await readFile(kept, 'utf8'), 0o755)
    if (isNew) progress.note(`The command \`switchyard\` is installed: ${places.command}.`)
    return true
  } catch (cause) {
    progress.note(
      `The command \`switchyard\` could not be installed (${reasonOf(cause).replace(/\.$/, '')}); \`npx switchyard\` works in this directory.`,
    )
    return false
  }
}

/** The Node that runs set-up does not depend on what the host's own is, or becomes. */
async function installNode(paths: Paths, places: HostCommandPaths, isOtherKept: boolean): Promise<void> {
  const library = join(paths.directory, 'node_modules', '.switchyard-lib', 'libatomic.so.1')
  if (await exists(library)) await copyWhole(library, join(places.libraries, 'libatomic.so.1'))
  const installed = await versionOf(places.node, places.libraries)
  if (installed === process.version || (isOtherKept && installed !== null)) return
  const fresh = halfOf(places.node)
  await mkdir(dirname(places.node), { recursive: true })
  await rm(fresh, { force: true })
  // Whoever may write to the original must not come to write to what root runs.
  const { uid, mode } = await stat(process.execPath)
  if (uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0)
    await link(process.execPath, fresh).catch(() => copyFile(process.execPath, fresh))
  else await copyFile(process.execPath, fresh)
  if ((await versionOf(fresh, places.libraries)) === process.version) await rename(fresh, places.node)
  else await rm(fresh, { force: true })
}

async function versionOf(node: string, libraries: string): Promise<string | null> {
  const lines = await runOnHost([node, '--version'], {
    env: { LD_LIBRARY_PATH: libraries },
    timeoutMs: ANSWER_TIMEOUT_MS,
  }).catch(() => [])
  return lines.at(-1)?.trim() ?? null
}

async function writeUnlessForeign(path: string, text: string): Promise<void> {
  if ((await lstat(path).catch(() => null)) === null || (await isOurs(path)))
    await writeWhole(path, text, 0o644)
}
