import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const targetSchema = z.strictObject({
  name: z.string(),
  limit: z.string(),
  seen: z.string(),
  isMet: z.boolean(),
  why: z.string().nullable(),
})

const tableSchema = z.strictObject({
  title: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  targets: z.array(targetSchema),
  notes: z.array(z.string()),
})

const machineSchema = z.strictObject({
  cores: z.string(),
  memory: z.string(),
  kernel: z.string(),
  docker: z.string(),
  nginx: z.string(),
  node: z.string(),
})

/** What one run of a group came to. `error` says why it has no tables. */
const resultSchema = z.strictObject({
  name: z.string(),
  number: z.number(),
  title: z.string(),
  /** ISO 8601, UTC. */
  ranAt: z.string(),
  tookMs: z.number(),
  isFull: z.boolean(),
  /** Of the minute before the group began: other work on the machine shows here, and the group before it. */
  loadBefore: z.number(),
  machine: machineSchema,
  tables: z.array(tableSchema),
  error: z.string().nullable(),
})

export type Machine = z.infer<typeof machineSchema>
export type Result = z.infer<typeof resultSchema>

const directory = join(import.meta.dirname, 'results')

/** Keeps a group's result until the same group is run again. */
export async function keepResult(result: Result): Promise<void> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, `${result.name}.json`)
  await writeFile(`${path}.tmp`, `${JSON.stringify(resultSchema.parse(result), null, 2)}\n`)
  await rename(`${path}.tmp`, path)
}

/** The kept results by the group's name. What an older version has kept otherwise is left out, and said so. */
export async function readResults(): Promise<Map<string, Result>> {
  await mkdir(directory, { recursive: true })
  const results = new Map<string, Result>()
  for (const file of (await readdir(directory)).filter((name) => name.endsWith('.json'))) {
    const text = await readFile(join(directory, file), 'utf8')
    const parsed = resultSchema.safeParse(JSON.parse(text))
    if (parsed.success) results.set(parsed.data.name, parsed.data)
    else console.error(`bench/results/${file} is left out: ${z.prettifyError(parsed.error)}`)
  }
  return results
}
