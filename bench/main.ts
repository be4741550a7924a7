// node bench/main.ts [--full] [GROUP …]: measures, prints each table as it comes, and writes docs/performance.md once every
// group has a result here.
import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Docker from 'dockerode'
import { reasonOf } from '../src/release/errors.ts'
import { MADE_IMAGES } from '../src/setup/image-names.ts'
import { duration } from '../src/words/quantities.ts'
import { findGroups, inRunningOrder, type NamedGroup } from './find-groups.ts'
import type { Table } from './group.ts'
import { describeMachine } from './machine.ts'
import { renderReport, renderText } from './report.ts'
import { keepResult, type Machine, readResults } from './results.ts'

const REPORT = join(import.meta.dirname, '..', 'docs', 'performance.md')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false } },
})
const stop = stopOnSignals()
const groups = await findGroups()
const wanted = chosen(groups, positionals)
const machine = await describeMachine(new Docker(), MADE_IMAGES.nginx)
for (const group of inRunningOrder(wanted)) {
  if (stop.aborted) break
  await measure(group, machine)
}
await writeReport(groups)

/** Groups end what they started when the signal aborts; a second Ctrl-C leaves their containers where they are. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => {
      console.error('\nStopping: removing the containers of the benchmark …')
      process.exitCode = 130
      controller.abort(new Error('It was stopped.'))
    })
  }
  return controller.signal
}

function chosen(all: readonly NamedGroup[], names: readonly string[]): readonly NamedGroup[] {
  const unknown = names.find((name) => !all.some((group) => group.name === name))
  if (unknown !== undefined) {
    console.error(
      `There is no group "${unknown}". The groups are: ${all.map(({ name }) => name).join(', ')}.`,
    )
    process.exit(64)
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name))
}

async function measure(group: NamedGroup, machine: Machine): Promise<void> {
  const { name, number, title } = group
  console.log(`\n── ${number}. ${title} (${name}) ──`)
  const startedMs = Date.now()
  const [loadBefore = 0] = loadavg()
  const elapsed = () => duration(Date.now() - startedMs)
  let tables: Table[] = []
  let error: string | null = null
  try {
    const log = (text: string) => console.log(`  ${elapsed().padStart(7)}  ${text}`)
    tables = await group.run({ isFull: values.full, log, signal: stop })
  } catch (cause) {
    error = reasonOf(cause)
    process.exitCode ||= 1
    if (!stop.aborted) console.error(cause)
  }
  for (const table of tables) console.log(`\n${renderText(table)}`)
  // What was broken off says nothing of the group: the result of before stays.
  if (stop.aborted) return
  await keepResult({
    ...{ name, number, title, ranAt: new Date(startedMs).toISOString(), tookMs: Date.now() - startedMs },
    ...{ isFull: values.full, loadBefore, machine, tables: tables.map(plain), error },
  })
}

/** The same, no longer read-only. */
function plain({ title, columns, rows, targets, notes }: Table) {
  return {
    title,
    columns: [...columns],
    rows: rows.map((cells) => [...cells]),
    targets: [...targets],
    notes: [...notes],
  }
}

/** Only of all groups: a checkout without the results of the others would write their tables away. */
async function writeReport(all: readonly NamedGroup[]): Promise<void> {
  const results = await readResults()
  const chapters = all.map(({ name, number, title }) => ({
    name,
    number,
    title,
    result: results.get(name) ?? null,
  }))
  const missing = chapters.filter(({ result }) => result === null).map(({ name }) => name)
  if (missing.length > 0) {
    console.log(`\ndocs/performance.md stays as it is, for want of a result of ${missing.join(', ')}.`)
    return
  }
  await writeFile(REPORT, renderReport(chapters))
  console.log('\ndocs/performance.md is written.')
}
