import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Mutant } from './mutants.ts'

const PREFIX = 'switchyard-mutants-copy-'
const ROOT = join(import.meta.dirname, '..', '..')

/** This repository as it is now, elsewhere: mutants never touch the checkout. */
export type Copy = {
  dir: string
  /** Plants a mutant's changes; answers with what takes them back. Throws where a text does not stand there exactly once. */
  plant(mutant: Mutant): () => void
  remove(): void
}

export function copyOfRepository(): Copy {
  sweep()
  const dir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  for (const file of git('ls-files', '-co', '--exclude-standard', '-z').split('\0')) {
    if (file === '' || !existsSync(join(ROOT, file))) continue
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    cpSync(join(ROOT, file), join(dir, file), { verbatimSymlinks: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
  // Tests that make a copy of their own ask git for what there is.
  execFileSync('git', ['init', '-q'], { cwd: dir })
  writeFileSync(join(dir, '.git', 'info', 'exclude'), 'node_modules\n')
  return { dir, plant: (mutant) => plant(dir, mutant), remove: () => rmSync(dir, { recursive: true }) }
}

function plant(dir: string, { name, changes }: Mutant): () => void {
  const before = new Map<string, string>()
  const takeBack = (): void => {
    for (const [path, text] of before) writeFileSync(path, text)
  }
  for (const { file, from, to } of changes) {
    const path = join(dir, file)
    const text = readFileSync(path, 'utf8')
    if (!before.has(path)) before.set(path, text)
    const times = text.split(from).length - 1
    if (times !== 1) {
      takeBack()
      throw new Error(`${name}: its text stands ${times} times in ${file}, not once:\n${from}`)
    }
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
  }
  return takeBack
}

/** What runs that were killed left behind. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const [pid] = name.slice(PREFIX.length).split('-')
    if (!existsSync(`/proc/${pid}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}
