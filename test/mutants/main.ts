import { parseArgs } from 'node:util'
import { type Copy, copyOfRepository } from './copy.ts'
import { cellsArgv, type Killer } from './killers.ts'
import { MUTANTS, type Mutant } from './mutants.ts'
import { hasKilled, hasPassed, type Ran, runNode } from './run-killer.ts'

const USAGE = `Usage: node test/mutants/main.ts [--only NAME,NAME] [--by tests|cells] [--list]

Plants one fault after the other in a copy of this repository, and runs the tests that must find it.

  --only NAME,NAME  these mutants alone
  --by tests|cells  only the killers that are tests, or only those that are cells of the matrix (a minute each)
  --list            print the mutants and plant none

Ends with 1 unless every mutant was killed by each of its killers, which pass without it.`

const LAST_LINES = 12

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    by: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const mutants = chosen()
if (values.list) {
  for (const { name, means } of mutants) console.log(`${name}: ${means}`)
  process.exit(0)
}
const startedMs = performance.now()
const copy = copyOfRepository()
let killed = 0
try {
  // Before anything runs, since a text that has changed is found out at once.
  for (const mutant of mutants) copy.plant(mutant)()
  await mustPassWithout(copy, distinct(mutants.flatMap(({ killers }) => killers)))
  for (const mutant of mutants) if (await isKilled(copy, mutant)) killed += 1
} finally {
  copy.remove()
}
const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1)
console.log(`killed ${killed} of ${mutants.length} (${minutes} min)`)
process.exit(killed === mutants.length && killed > 0 ? 0 : 1)

function chosen(): Mutant[] {
  const names = values.only?.split(',')
  const unknown = names?.find((name) => !MUTANTS.some((mutant) => mutant.name === name))
  if (unknown !== undefined) {
    console.error(`There is no mutant "${unknown}".`)
    process.exit(64)
  }
  return MUTANTS.filter(({ name }) => names === undefined || names.includes(name)).flatMap((mutant) => {
    const killers = mutant.killers.filter(isWanted)
    return killers.length === 0 ? [] : [{ ...mutant, killers }]
  })
}

function isWanted({ cell }: Killer): boolean {
  if (values.by === undefined) return true
  return values.by === (cell === undefined ? 'tests' : 'cells')
}

function distinct(killers: readonly Killer[]): Killer[] {
  return [...new Map(killers.map((killer) => [killer.name, killer])).values()]
}

/** A test that fails on sound code kills nothing. All cells run on one machine, which takes longest to make. */
async function mustPassWithout({ dir }: Copy, killers: readonly Killer[]): Promise<void> {
  const cells = killers.filter(({ cell }) => cell !== undefined)
  const [first] = cells
  const runs: Killer[] = killers.filter(({ cell }) => cell === undefined)
  if (first) {
    const ids = cells.flatMap(({ cell }) => cell ?? [])
    const passed = new RegExp(`^${ids.length} of all \\d+ cells, .* 0 cells violated`, 'm')
    runs.push({ ...first, name: `${ids.length} cells`, argv: cellsArgv(ids), passed })
  }
  for (const killer of runs) {
    const ran = await runNode(dir, killer.argv)
    if (!hasPassed(killer, ran))
      throw new Error(`Without any mutant, ${killer.name} does not pass.\n${lastLines(ran)}`)
    console.log(`passes without: ${killer.name} (${ran.seconds} s)`)
  }
}

async function isKilled({ dir, plant }: Copy, mutant: Mutant): Promise<boolean> {
  const takeBack = plant(mutant)
  let isDead = true
  try {
    for (const killer of mutant.killers) {
      const ran = await runNode(dir, killer.argv)
      const isHit = hasKilled(killer, ran)
      isDead &&= isHit
      console.log(`${isHit ? '✓' : '✗ not'} killed ${mutant.name} by ${killer.name} (${ran.seconds} s)`)
      if (!isHit) console.log(lastLines(ran))
    }
  } finally {
    takeBack()
  }
  return isDead
}

function lastLines({ output }: Ran): string {
  return output
    .trim()
    .split('\n')
    .slice(-LAST_LINES)
    .map((line) => `    ${line}`)
    .join('\n')
}
