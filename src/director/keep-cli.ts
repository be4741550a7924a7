import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { wordsOf } from '../release/messages.ts'
import { replaceDurably, syncDirectory } from '../state/durable-file.ts'

/** The command line as the director's image holds it (`scripts/bundle-cli.mjs`); absent where the director runs from a checkout. */
const OWN = join(import.meta.dirname, '../../cli')

/**
 * Keeps the command line of this very image in `target`, behind the link `current`, for the host to run: it depends on
 * nothing of the project that is under git. What was damaged is made anew, and the former version stays for those that
 * run it still. Answers whether anything was written. Throws where it can't be.
 */
export async function keepCli(target: string, own = OWN): Promise<boolean> {
  const version = (await readFile(join(own, 'VERSION'), 'utf8').catch(() => '')).trim()
  if (version === '') return false
  const former = await readlink(join(target, 'current')).catch(() => null)
  if (former === version && (await isWhole(own, join(target, version)))) return false
  await mkdir(target, { recursive: true })
  await replaceDirectory(own, join(target, version))
  const link = join(target, 'current.tmp')
  await rm(link, { recursive: true, force: true })
  await symlink(version, link)
  await rename(link, join(target, 'current')).catch(async () => {
    // A directory of that name is nobody's link.
    await rm(join(target, 'current'), { recursive: true, force: true })
    await rename(link, join(target, 'current'))
  })
  await syncDirectory(target)
  // Each version leaves what Node has compiled of it, and nobody else takes that away.
  if (former !== version) await rm(join(target, 'cache'), { recursive: true, force: true })
  await removeOthers(target, [version, former ?? version, 'current', 'cache'])
  return true
}

/** The same again and again; nobody is to wait for it where there is no room. What is in the way is said once. */
export function cliKeeper(target: string): () => Promise<void> {
  let problem: string | null = null
  return async () => {
    try {
      await keepCli(target)
      problem = null
    } catch (cause) {
      const sentence = `The command line can't be kept in state/cli: ${wordsOf(cause)}.`
      if (problem !== sentence) console.error(sentence)
      problem = sentence
    }
  }
}

async function isWhole(own: string, kept: string): Promise<boolean> {
  const names = await readdir(own)
  const same = await Promise.all(
    names.map(async (name) => {
      const [wanted, found] = await Promise.all([
        readFile(join(own, name)),
        readFile(join(kept, name)).catch(() => null),
      ])
      return found?.equals(wanted) ?? false
    }),
  )
  return same.every((isSame) => isSame)
}

/**
 * Whole under its name or not there, also after a power cut: an empty program would do nothing, and end with 0. A run of it that
 * has begun keeps the files that it has open.
 */
async function replaceDirectory(from: string, to: string): Promise<void> {
  const [fresh, aside] = [`${to}.tmp`, `${to}.old`]
  for (const path of [fresh, aside]) await rm(path, { recursive: true, force: true })
  await mkdir(fresh)
  for (const name of await readdir(from)) {
    const file = join(from, name)
    await replaceDurably(join(fresh, name), await readFile(file), (await stat(file)).mode & 0o777)
  }
  await rename(to, aside).catch((cause) => {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause
  })
  await rename(fresh, to)
  await syncDirectory(dirname(to))
  await rm(aside, { recursive: true, force: true })
}

async function removeOthers(target: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(target)) {
    if (!kept.includes(name)) await rm(join(target, name), { recursive: true, force: true })
  }
}
