// Imported for its effect, before anything of src/ is: time that passes only where somebody waits, and a lock in memory.
import { registerHooks } from 'node:module'
import { deadlineIn, now } from './clock.ts'

const here = (name: string): string => new URL(name, import.meta.url).href
const source = new URL('../../src/', import.meta.url).href
const lock = new URL('state/lock.ts', source).href

registerHooks({
  resolve: (specifier, context, next) => {
    if (!context.parentURL?.startsWith(source)) return next(specifier, context)
    if (specifier === 'node:timers/promises') return { url: here('virtual-timers.ts'), shortCircuit: true }
    const resolved = next(specifier, context)
    return resolved.url === lock ? { ...resolved, url: here('memory-lock.ts') } : resolved
  },
})

performance.now = now
AbortSignal.timeout = deadlineIn
