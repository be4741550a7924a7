// Power cuts, as a program: `node test/faults/power-cuts.ts [--cuts N] [--seed S] [--only SUBJECT]`. Needs root.
// Exits with 1 where a cut left anything bad or lost.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { runCuts, verdict } from './power-cuts/run-cuts.ts'

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    'own-mounts': { type: 'boolean', default: false },
  },
})

process.exit(values['own-mounts'] ? await run() : inOwnNamespace())

/** Runs this program again where nobody else gets a copy of its mounts. */
function inOwnNamespace(): number {
  const given = ['--own-mounts', '--cuts', values.cuts, '--seed', values.seed]
  if (values.only !== undefined) given.push('--only', values.only)
  const argv = ['--mount', '--propagation', 'private', process.execPath, import.meta.filename, ...given]
  const { status, error } = spawnSync('unshare', argv, { stdio: 'inherit' })
  if (error) console.error(`unshare could not be started: ${error.message}`)
  return status ?? 1
}

async function run(): Promise<number> {
  const startedMs = performance.now()
  console.log(`Power cuts: ${values.cuts}, seed ${values.seed}`)
  const totals = await runCuts({
    cuts: Number(values.cuts),
    seed: Number(values.seed),
    log: (line) => console.error(line),
    ...(values.only === undefined ? {} : { only: values.only }),
  })
  const { cuts, acknowledged, bad, lost, careless } = totals
  const tookSeconds = Math.round((performance.now() - startedMs) / 1000)
  const guard =
    careless.cuts === 0
      ? ''
      : `Careless writes were damaged by ${careless.damaged} of ${careless.cuts} cuts. `
  console.log(
    `${cuts} cuts, ${acknowledged} acknowledged writes: ${bad} bad, ${lost} lost. ${guard}${tookSeconds} s.`,
  )
  const problem = verdict(totals)
  if (problem !== null) console.error(problem)
  return problem === null ? 0 : 1
}
