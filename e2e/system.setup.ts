import { commitAll, freshSystem } from '../test/system/system.ts'
import { E2E_SYSTEM, e2eSystem, isKept, PRINTED_LINK } from './e2e-system.ts'
import { layOut } from './two-builds.ts'

/** Brings a fresh clone up by the very command of the README. `KEEP_SYSTEM=1` uses and leaves the one of the last run. */
export default async function bringUp(): Promise<void> {
  if (isKept && (await answers())) return
  const system = await freshSystem(E2E_SYSTEM)
  layOut('a')
  commitAll(system.dir, 'Pages for the tests')
  const { code, output } = await system.run('npm', ['run', 'up', '--', '--yes'])
  console.log(output)
  if (code !== 0) throw new Error(`npm run up ended with ${code}.`)
  process.env[PRINTED_LINK] = /^ *http:\/\/\S+(\/ops\/setup\S+)$/m.exec(output)?.[1]
}

async function answers(): Promise<boolean> {
  const { director } = e2eSystem()
  return director.raw('/v1/ping').then(
    ({ ok }) => ok,
    () => false,
  )
}
