import { lstat, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { mayBeBuilt } from './kept-out.ts'

/** Files that say by name what a build reads. */
const NAMING = [
  'package.json',
  'tsconfig.json',
  'jsconfig.json',
  'next.config.mjs',
  'next.config.ts',
  'next.config.js',
]
const PATH_IN_TEXT = /(?<=["'\s=])(?:\.\/)?[\w@-][\w@./-]*\.[a-z][a-z0-9]{1,4}(?=["'\s])/g
/** `next build` writes it anew. */
const MADE = ['next-env.d.ts']

/** Files that the project's own settings name, that are there, and that are not part of the build; with the file that names them. */
export async function namedAndLeftOut(
  directory: string,
  paths: ReadonlySet<string>,
): Promise<{ path: string; by: string }[]> {
  const found = new Map<string, string>()
  for (const by of NAMING.filter((name) => paths.has(name))) {
    const text = await readFile(join(directory, by), 'utf8').catch(() => '')
    for (const [match] of text.matchAll(PATH_IN_TEXT)) {
      const path = posix.normalize(match)
      if (paths.has(path) || found.has(path) || MADE.includes(path) || !mayBeBuilt(path)) continue
      if (await isFile(join(directory, path))) found.set(path, by)
    }
  }
  return [...found].map(([path, by]) => ({ path, by }))
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )
}
