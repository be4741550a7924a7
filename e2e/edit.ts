import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { e2eSystem } from './e2e-system.ts'

/** Changes a file of the system's copy of this repository; answers with the way back. */
export function edit(file: string, change: (source: string) => string): () => void {
  const path = join(e2eSystem().dir, file)
  const before = readFileSync(path, 'utf8')
  const after = change(before)
  if (after === before) throw new Error(`${file} has not what was to be changed.`)
  writeFileSync(path, after)
  return () => writeFileSync(path, before)
}
