import type { z } from 'zod'
import { wordsOf } from '../../../src/release/messages.ts'

/** What a power cut did. `bad` can't be read or contradicts itself, `lost` was acknowledged and is not there. */
export type Damage = { kind: 'bad' | 'lost'; words: string }

/** Something that the product writes, and that must survive. */
export type Subject = {
  /** Makes what is there before the first write. */
  prepare(root: string): Promise<void>
  /** Writes on and on, until a write fails. Runs in a process of its own. */
  write(root: string, acknowledge: (word: unknown) => void, pause: () => Promise<void>): Promise<void>
  /** After a cut: what is wrong, given what was acknowledged since the disk was mounted. */
  check(root: string, words: readonly unknown[]): Promise<Damage[]>
}

export type Definition<Word> = {
  /** What is told of a write once it has returned. */
  word: z.ZodType<Word>
  prepare?(root: string): Promise<void>
  write(root: string, acknowledge: (word: Word) => void, pause: () => Promise<void>): Promise<void>
  check(root: string, words: readonly Word[]): Promise<Damage[]>
}

export function subject<Word>({ word, prepare, write, check }: Definition<Word>): Subject {
  return {
    prepare: async (root) => prepare?.(root),
    write,
    check: async (root, words) => {
      const known = words.map((said) => word.parse(said))
      try {
        return await check(root, known)
      } catch (cause) {
        return [{ kind: 'bad', words: wordsOf(cause) }]
      }
    },
  }
}

/** Damage where fewer of something are there than were acknowledged. */
export function fewer(what: string, found: number, acknowledged: number | undefined): Damage[] {
  if (acknowledged === undefined || found >= acknowledged) return []
  return [{ kind: 'lost', words: `${what} ${acknowledged} was acknowledged, and ${found} is there` }]
}

export const bad = (words: string): Damage[] => [{ kind: 'bad', words }]
