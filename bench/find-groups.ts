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

function isGroup(value: unknown): value is Group {
  return (
    typeof value === 'object' &&
    value !== null &&
    'number' in value &&
    typeof value.number === 'number' &&
    'title' in value &&
    typeof value.title === 'string' &&
    'run' in value &&
    typeof value.run === 'function'
  )
}
