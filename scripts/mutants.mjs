// `npm run test:mutants [-- OPTIONS]`: faults planted in the engine, each of which its tests must find. Plain JavaScript
// for the host's own Node.
import { runChild } from './child.mjs'
import { ensureFaketime, ensureNetworkTools } from './host-tools.mjs'
import { ensurePackages } from './packages.mjs'

await ensurePackages()
if (!ensureNetworkTools() || !ensureFaketime()) process.exit(1)
const prepared = await runChild('src/setup/main.ts', ['prepare', '--yes'])
process.exit(prepared === 0 ? await runChild('test/mutants/main.ts', process.argv.slice(2)) : prepared)
