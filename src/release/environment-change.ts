import { z } from 'zod'

const names = z.array(z.string())

/** How one environment differs from another, by names alone: a value is nobody's to read. */
export const environmentChangeSchema = z.object({ added: names, removed: names, changed: names })

export type EnvironmentChange = z.infer<typeof environmentChangeSchema>

type Values = ReadonlyMap<string, string>

/** From what an app ran with to what it is to run with; names in order. */
export function environmentChange(from: Values, to: Values): EnvironmentChange {
  return {
    added: [...to.keys()].filter((name) => !from.has(name)).sort(),
    removed: [...from.keys()].filter((name) => !to.has(name)).sort(),
    changed: [...to.keys()].filter((name) => from.has(name) && from.get(name) !== to.get(name)).sort(),
  }
}

export function isUnchanged({ added, removed, changed }: EnvironmentChange): boolean {
  return added.length + removed.length + changed.length === 0
}

/** Beyond so many names of a kind the rest is counted. */
const SHOWN = 8

/** `A and B are added, C is removed, D has another value`; empty where nothing differs. */
export function environmentChangeWords({ added, removed, changed }: EnvironmentChange): string {
  const part = (of: readonly string[], one: string, many: string): string[] =>
    of.length === 0 ? [] : [`${listed(of)} ${of.length === 1 ? one : many}`]
  return [
    ...part(added, 'is added', 'are added'),
    ...part(removed, 'is removed', 'are removed'),
    ...part(changed, 'has another value', 'have other values'),
  ].join(', ')
}

function listed(of: readonly string[]): string {
  const rest = of.length - SHOWN
  const shown = rest > 0 ? [...of.slice(0, SHOWN), `${rest} more`] : of
  return shown.length === 1 ? `${shown[0]}` : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
