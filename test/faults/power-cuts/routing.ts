import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { readGeneration } from '../../../src/nginx/read-generation.ts'
import { writeGeneration } from '../../../src/nginx/switch.ts'
import { NO_ROUTING, nextRouting } from '../../../src/release/routing.ts'
import { build } from '../../fixtures/yard.ts'
import { bad, fewer, subject } from './subject.ts'

const liveDirIn = (root: string): string => join(root, 'nginx', 'live')

/** One switch after the other. A word is the number of a generation. */
export const routing = subject({
  word: z.number(),
  write: async (root, acknowledge, pause) => {
    const before = await readGeneration(liveDirIn(root))
    for (let generation = (before?.generation ?? 0) + 1; ; generation++) {
      await writeGeneration(liveDirIn(root), stateOf(generation))
      acknowledge(generation)
      await pause()
    }
  },
  check: async (root, words) => {
    const found = await readGeneration(liveDirIn(root))
    const generation = found?.generation ?? 0
    return [
      ...fewer('generation', generation, words.at(-1)),
      ...(found === null || isDeepStrictEqual(found, stateOf(generation))
        ? []
        : bad(`generation ${generation} says ${JSON.stringify(found)}`)),
    ]
  },
})

function stateOf(generation: number) {
  const live = generation % 2 === 0 ? 'primary' : 'secondary'
  const builds = { primary: build(generation), secondary: build(generation + 1) }
  const before = { ...NO_ROUTING, generation: generation - 1 }
  return nextRouting(before, { live, builds, bars: [], release: generation })
}
