import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import Docker from 'dockerode'
import { defaultNginx, otherNginxes } from './nginx-images.ts'
import { runNginxTests } from './run-nginx-tests.ts'

// `npm run test:nginx`: every test of nginx's configuration, on every nginx that can be had here.

const DEADLINE_MS = 20 * 60_000
const files = readdirSync(join(import.meta.dirname, '..', 'engine')).filter((file) =>
  /^nginx-.*\.test\.ts$/.test(file),
)
const docker = new Docker()
const nginxes = [await defaultNginx(docker), ...(await otherNginxes(docker, console.log))]
let passed = 0
let failed = 0
for (const { image, version } of nginxes) {
  const outcomes = await runNginxTests(files, image, DEADLINE_MS)
  const bad = outcomes.filter(({ isGood }) => !isGood)
  for (const { name, error } of bad) console.log(`nginx ${version}: ${name}\n${error ?? ''}`)
  console.log(`nginx ${version} (${image}): ${outcomes.length - bad.length} passed, ${bad.length} failed`)
  passed += outcomes.length - bad.length
  failed += bad.length
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
