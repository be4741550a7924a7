import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceDurably, syncDirectory } from '../durable-file.ts'

/** The preloads that slots were started with, each a directory under the hash of what it holds. */
export type PreloadStore = {
  /** Publishes today's, and answers with its hash. Safe to run twice. */
  keep(): Promise<string>
  /** `hash` where that is kept whole; else today's, since a slot must not be without one that it names. */
  orNow(hash: string): Promise<string>
  /** Removes all but today's and those in `wanted`. */
  removeOthers(wanted: ReadonlySet<string>): Promise<void>
}

const FILE = /^[a-z-]+\.cjs$/
const NAME = /^[0-9a-f]{64}(?:\.tmp)?$/

/** `directory` is made when something is kept; `source` is where today's files lie. */
export function preloadStore(directory: string, source: string): PreloadStore {
  const keep = async (): Promise<string> => {
    const files = await filesIn(source)
    const hash = hashOf(files)
    if (!(await isKept(directory, hash))) await publish(directory, hash, files)
    return hash
  }
  return {
    keep,
    orNow: async (hash) => ((await isKept(directory, hash)) ? hash : await keep()),
    removeOthers: async (wanted) => {
      const now = hashOf(await filesIn(source))
      for (const name of await readdir(directory).catch(() => [])) {
        if (!NAME.test(name) || name === now || wanted.has(name)) continue
        await rm(join(directory, name), { recursive: true, force: true })
      }
    },
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

const isKept = async (directory: string, hash: string): Promise<boolean> =>
  hashOf(await filesIn(join(directory, hash)).catch(() => new Map<string, Buffer>())) === hash

/** Whole or not at all. What is damaged under that name is no running slot's: Node has read it, and a mount stays what it was. */
async function publish(directory: string, hash: string, files: Files): Promise<void> {
  const [target, temporary] = [join(directory, hash), join(directory, `${hash}.tmp`)]
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true, mode: 0o755 })
  for (const [name, content] of files) await replaceDurably(join(temporary, name), content, 0o644)
  await rm(target, { recursive: true, force: true })
  await rename(temporary, target)
  await syncDirectory(directory)
}
