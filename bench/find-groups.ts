import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Group } from './group.ts'

export type NamedGroup = Group & { name: string }

/** Every group of this directory, in the report's order. A group's name is its file's. */
export async function findGroups(): Promise<NamedGroup[]> {
  const files = globSync('*.ts', { cwd: import.meta.dirname }).filter(
    (file) => !/^main\.ts$|\.test\.ts$/.test(file),
  )
  const found: NamedGroup[] = []
  for (const file of files) {
    const module: Record<string, unknown> = await import(join(import.meta.dirname, file))
    const group = Object.values(module).find(isGroup)
    if (group) found.push({ ...group, name: basename(file, '.ts') })
  }
  return found.toSorted((a, b) => a.number - b.number || a.name.localeCompare(b.name))
}

/** First those that need the machine to themselves: the whole system with real builds stays up once it is there. */
export function inRunningOrder(groups: readonly NamedGroup[]): NamedGroup[] {
  return groups.toSorted((a, b) => Number(a.needsRealSystem) - Number(b.needsRealSystem))
}

function isGroup(value: unknown): value is Group {
  return (
    typeof value === 'object' &&
    value !== null &&
    'number' in value &&
    typeof value.number === 'number' &&
    'title' in value &&
    typeof value.title === 'string' &&
    'needsRealSystem' in value &&
    typeof value.needsRealSystem === 'boolean' &&
    'run' in value &&
    typeof value.run === 'function'
  )
}
