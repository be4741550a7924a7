// `npm run test:faults [-- OPTIONS]`: every fault at every point of a release; where it is not a part that is asked for, ten
// thousand runs by model before and a hundred power cuts beside. Plain JavaScript for the host's own Node.
import { runChild } from './child.mjs'
import { ensureFaketime, ensureNetworkTools } from './host-tools.mjs'
import { ensurePackages } from './packages.mjs'

const options = process.argv.slice(2)

await ensurePackages()
if (!ensureNetworkTools() || !ensureFaketime()) process.exit(1)
const prepared = await runChild('src/setup/main.ts', ['prepare', '--yes'])
if (prepared !== 0) process.exit(prepared)
const isWhole = options.every((option) => option === '--write')
const model = isWhole ? await runChild('test/model/main.ts') : 0
// They mostly wait for a disk of their own, so that they cost the matrix little.
const cuts = isWhole ? runChild('test/faults/power-cuts.ts', ['--cuts', '100']) : 0
const matrix = await runChild('test/faults/main.ts', options)
const ended = { 'The runs by model': model, 'The power cuts': await cuts, 'The matrix': matrix }
for (const [what, code] of Object.entries(ended)) if (code !== 0) console.error(`${what} ended with ${code}.`)
process.exit(Object.values(ended).find((code) => code !== 0) ?? 0)
