// `npm run test:faults [-- OPTIONS]`: every fault at every point of a release; where it is not a part that is asked for, ten
// thousand runs by model and a hundred power cuts beside. Plain JavaScript for the host's own Node.
import { runChild } from './child.mjs'
import { ensureFaketime, ensureNetworkTools } from './host-tools.mjs'
import { ensurePackages } from './packages.mjs'

const options = process.argv.slice(2)

await ensurePackages()
if (!ensureNetworkTools() || !ensureFaketime()) process.exit(1)
const prepared = await runChild('src/setup/main.ts', ['prepare', '--yes'])
if (prepared !== 0) process.exit(prepared)
const isWhole = options.every((option) => option === '--write')
// Power cuts mostly wait for a disk of their own, so that they cost the matrix little.
const codes = await Promise.all([
  runChild('test/faults/main.ts', options),
  ...(isWhole
    ? [runChild('test/faults/power-cuts.ts', ['--cuts', '100']), runChild('test/model/main.ts')]
    : []),
])
process.exit(codes.find((code) => code !== 0) ?? 0)
