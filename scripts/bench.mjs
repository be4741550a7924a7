// `npm run bench [-- GROUP …]` and `npm run bench:full`. Plain JavaScript for the host's own Node, as scripts/test.mjs.
import { runChild } from './child.mjs'
import { ensureChromium, ensureNetworkTools } from './host-tools.mjs'
import { ensurePackages } from './packages.mjs'

await ensurePackages()
if (!ensureChromium() || !ensureNetworkTools())
  console.error('The groups that drive a browser will fail; all others are measured.')
const prepared = await runChild('src/setup/main.ts', ['prepare', '--yes'])
process.exit(prepared === 0 ? await runChild('bench/main.ts', process.argv.slice(2)) : prepared)
