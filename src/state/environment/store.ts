import { createHash, createHmac, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceDurably } from '../durable-file.ts'
import { composeLines, fromComposeLines } from './compose-quotes.ts'

/** The environments that releases ran with, each under the hash of what it holds, readable by root alone. */
export type EnvironmentStore = {
  /** Keeps it, and answers with its hash. Safe to run twice. */
  keep(values: ReadonlyMap<string, string>): Promise<string>
  /** Keeps it where it is the very one called `hash`, and answers whether it is. */
  restore(hash: string, values: ReadonlyMap<string, string>): Promise<boolean>
  /** Null where it is not kept any more, or is not what was kept. */
  read(hash: string): Promise<ReadonlyMap<string, string> | null>
  list(): Promise<string[]>
  remove(hash: string): Promise<void>
  /** Removes what a killed director left half-written: it holds what the app is told in secret. Nobody may be keeping one meanwhile. */
  sweep(): Promise<void>
}

const KEY_BYTES = 32
const FILE = /^([0-9a-f]{64})\.env$/
/** As `replaceDurably` calls them. */
const HALF = /^(?:[0-9a-f]{64}\.env|key)\.tmp$/

/** `directory` is made when something is kept. */
export function environmentStore(directory: string): EnvironmentStore {
  const pathOf = (hash: string): string => join(directory, `${hash}.env`)
  const read: EnvironmentStore['read'] = async (hash) => {
    const sealed = await textOf(pathOf(hash))
    const text = sealed?.slice(0, sealed.lastIndexOf(SEAL)) ?? ''
    return sealed === withSeal(text) ? fromComposeLines(text) : null
  }
  const named = async (values: ReadonlyMap<string, string>): Promise<{ text: string; hash: string }> => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const text = composeLines(new Map([...values].toSorted(([one], [other]) => (one < other ? -1 : 1))))
    return { text, hash: hashOf(text, await keyIn(directory)) }
  }
  return {
    keep: async (values) => {
      const { text, hash } = await named(values)
      if ((await read(hash)) === null) await replaceDurably(pathOf(hash), withSeal(text), 0o600)
      return hash
    },
    restore: async (hash, values) => {
      const found = await named(values)
      if (found.hash === hash) await replaceDurably(pathOf(hash), withSeal(found.text), 0o600)
      return found.hash === hash
    },
    read,
    list: async () =>
      (await readdir(directory).catch(() => [])).flatMap((name) => FILE.exec(name)?.[1] ?? []).sort(),
    remove: (hash) => rm(pathOf(hash), { force: true }),
    sweep: async () => {
      for (const name of await readdir(directory).catch(() => []))
        if (HALF.test(name)) await rm(join(directory, name), { force: true })
    },
  }
}

const SEAL = '# sha256 '

/** Compose skips the last line, which tells a file that is damaged. */
const withSeal = (text: string): string =>
  `${text}${SEAL}${createHash('sha256').update(text).digest('hex')}\n`

/** With a key, since a hash is seen by many and a short password can be guessed from one without. */
const hashOf = (text: string, key: string): string => createHmac('sha256', key).update(text).digest('hex')

/** Made once. With another one the same environment is kept a second time, and no more. */
async function keyIn(directory: string): Promise<string> {
  const path = join(directory, 'key')
  const key = await textOf(path)
  if (key !== null && key.trim().length === KEY_BYTES * 2) return key
  const made = `${randomBytes(KEY_BYTES).toString('hex')}\n`
  await replaceDurably(path, made, 0o600)
  return made
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw cause
  }
}
