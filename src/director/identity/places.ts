import { tooManyAttempts } from './sign-in-limit.ts'

/**
 * Each password takes some 50 ms of a core and 32 MB while it is hashed, and no more than four are hashed at a time anyway; those
 * beyond would take core and memory from the releases. One place of each socket is for whoever signed in from there before: a flood of
 * attempts keeps strangers out, and no operator.
 */
const FOR_ANYBODY = 2
const FOR_KNOWN = 1

export type Places = {
  /** Does `work` where there is a place for it. Throws `too-many-attempts` where there is none. */
  take<T>(door: string, isKnown: boolean, work: () => Promise<T>): Promise<T>
}

export function places(): Places {
  const taken = new Map<string, number>()

  return {
    take: async (door, isKnown, work) => {
      const cap = FOR_ANYBODY + (isKnown ? FOR_KNOWN : 0)
      if ((taken.get(door) ?? 0) >= cap) throw tooManyAttempts(1_000)
      taken.set(door, (taken.get(door) ?? 0) + 1)
      try {
        return await work()
      } finally {
        taken.set(door, (taken.get(door) ?? 0) - 1)
      }
    },
  }
}
