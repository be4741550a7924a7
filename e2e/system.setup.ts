import { freshSystem } from '../test/system/system.ts'
import { E2E_SYSTEM } from './e2e-system.ts'

/** Brings a fresh clone up by the very command of the README. */
export default async function bringUp(): Promise<void> {
  const system = await freshSystem(E2E_SYSTEM)
  const { code, output } = await system.run('npm', ['run', 'up', '--', '--yes'])
  console.log(output)
  if (code !== 0) throw new Error(`npm run up ended with ${code}.`)
}
