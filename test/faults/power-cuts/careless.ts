import { renameSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { bad, fewer, subject } from './subject.ts'

const stateSchema = z.object({ number: z.number(), filler: z.string() })

const pathIn = (root: string): string => join(root, 'state.json')
const render = (number: number): string => JSON.stringify({ number, filler: 'x'.repeat(6_000) })

async function check(root: string, words: readonly number[]) {
  const isThere = (await readdir(root)).includes('state.json')
  const text = isThere ? await readFile(pathIn(root), 'utf8') : render(0)
  try {
    return fewer('write', stateSchema.parse(JSON.parse(text)).number, words.at(-1))
  } catch {
    return bad(`${text.length} bytes that are no state`)
  }
}

/** What nobody here does: that this is damaged is what makes the other cuts a proof. */
export const inPlace = subject({
  word: z.number(),
  check,
  write: async (root, acknowledge, pause) => {
    for (let number = 1; ; number++) {
      writeFileSync(pathIn(root), render(number))
      acknowledge(number)
      await pause()
    }
  },
})

/** Renamed and not synced. */
export const renamed = subject({
  word: z.number(),
  check,
  write: async (root, acknowledge, pause) => {
    for (let number = 1; ; number++) {
      writeFileSync(`${pathIn(root)}.tmp`, render(number))
      renameSync(`${pathIn(root)}.tmp`, pathIn(root))
      acknowledge(number)
      await pause()
    }
  },
})
