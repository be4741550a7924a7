import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceDurably, syncDirectory } from '../durable-file.ts'

/**
 * The preloads that slots were started with, each a directory under the hash of what it holds. In place of one that was lost
 * stands a link of its name to another one: journal, env file and containers go on naming the lost one, and find something there.
 */
export type PreloadStore = {
  /** Publishes today's, and answers with its hash. Safe to run twice. */
  keep(): Promise<string>
  /** Whether `hash` leads to a whole one: itself, or what took its place. */
  has(hash: string): Promise<boolean>
  /**
   * Sees to it that `hash` leads to a whole one, where it does not to today's: a slot must not be without the one that it names.
   * Answers whether it was lost.
   */
  mend(hash: string): Promise<boolean>
  /** Removes all but today's, those in `wanted`, and what stands in for these. */
  removeOthers(wanted: ReadonlySet<string>): Promise<void>
}

const HASH = /^[0-9a-f]{64}$/
const FILE = /^[a-z-]+\.cjs$/
/** The doctor may be at the same hash as the director: what is half made has a name of the process. */
const HALF = `.${process.pid}.tmp`
const NAME = /^[0-9a-f]{64}(?:(?:\.\d+)?\.tmp)?$/

/** `directory` is made when something is kept; `source` is where today's files lie. */
export function preloadStore(directory: string, source: string): PreloadStore {
  const has = async (hash: string): Promise<boolean> =>
    isWhole(directory, (await standInOf(directory, hash)) ?? hash)
  const keep = async (): Promise<string> => {
    const files = await filesIn(source)
    const hash = hashOf(files)
    const isItself = (await standInOf(directory, hash)) === null
    if (!isItself || !(await isWhole(directory, hash))) await publish(directory, hash, files)
    return hash
  }
  const mend = async (hash: string): Promise<boolean> => {
    if (await has(hash)) return false
    const now = await keep()
    if (now !== hash) await standIn(directory, hash, now)
    return true
  }
  // Two at once would be at the same half-made files.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work, work)
    last = done.catch(() => undefined)
    return done
  }
  return {
    has,
    keep: () => inTurn(keep),
    mend: (hash) => inTurn(() => mend(hash)),
    removeOthers: (wanted) =>
      inTurn(async () => {
        const kept = new Set([hashOf(await filesIn(source)), ...wanted])
        // What is added while this runs is come to as well.
        for (const name of kept) {
          const other = await standInOf(directory, name)
          if (other !== null) kept.add(other)
        }
        for (const name of await readdir(directory).catch(() => [])) {
          if (NAME.test(name) && !kept.has(name))
            await rm(join(directory, name), { recursive: true, force: true })
        }
      }),
  }
}

type Files = ReadonlyMap<string, Buffer>

async function filesIn(directory: string): Promise<Files> {
  const names = (await readdir(directory)).filter((name) => FILE.test(name)).toSorted()
  const read = names.map(async (name) => [name, await readFile(join(directory, name))] as const)
  return new Map(await Promise.all(read))
}

function hashOf(files: Files): string {
  const hash = createHash('sha256')
  for (const [name, content] of files) hash.update(`${name}\0${content.length}\0`).update(content)
  return hash.digest('hex')
}

const isWhole = async (directory: string, hash: string): Promise<boolean> =>
  hashOf(await filesIn(join(directory, hash)).catch(() => new Map<string, Buffer>())) === hash

/** The one that took the place of `hash`; null where that has its place, or nobody has. */
async function standInOf(directory: string, hash: string): Promise<string | null> {
  const target = await readlink(join(directory, hash)).catch(() => '')
  return HASH.test(target) ? target : null
}

/** What lay there damaged is no running slot's any more, as with `publish`. */
async function standIn(directory: string, lost: string, hash: string): Promise<void> {
  const [target, temporary] = [join(directory, lost), join(directory, `${lost}${HALF}`)]
  await rm(temporary, { recursive: true, force: true })
  await symlink(hash, temporary)
  await rm(target, { recursive: true, force: true })
  await rename(temporary, target)
  await syncDirectory(directory)
}

/** Whole or not at all. What is damaged under that name is no running slot's: Node has read it, and a mount stays what it was. */
async function publish(directory: string, hash: string, files: Files): Promise<void> {
  const [target, temporary] = [join(directory, hash), join(directory, `${hash}${HALF}`)]
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true, mode: 0o755 })
  for (const [name, content] of files) await replaceDurably(join(temporary, name), content, 0o644)
  await rm(target, { recursive: true, force: true })
  await rename(temporary, target)
  await syncDirectory(directory)
}
