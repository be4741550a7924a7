import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { readBreakGlass } from '../../../src/nginx/break-glass.ts'
import { readGeneration } from '../../../src/nginx/read-generation.ts'
import { writeGeneration } from '../../../src/nginx/switch.ts'
import { NO_ROUTING, nextRouting } from '../../../src/release/routing.ts'
import { type Slot, slotSchema } from '../../../src/release/slot.ts'
import { readEnvFile, updateEnvFile } from '../../../src/state/env-file.ts'
import { build } from '../../fixtures/yard.ts'
import { bad, type Damage, fewer, subject } from './subject.ts'

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'rollback.sh')

const liveDirIn = (root: string): string => join(root, 'nginx', 'live')
const stateIn = (root: string): string => join(root, 'state')
const envFileIn = (root: string): string => join(stateIn(root), 'deployment_state.env')

/** Without the network's name the script takes the file for a damaged one. */
const SETTINGS = { HTTP_ADDRESS: '127.0.0.1', NETWORK_PREFIX: '172.30.42', LIVE_SLOT: 'primary' }

/** ./rollback.sh itself, to and fro. A word is what it has said that it did. */
export const rollbackScript = subject({
  word: z.object({ generation: z.number(), live: slotSchema }),
  prepare: async (root) => {
    mkdirSync(stateIn(root))
    copyFileSync(SCRIPT, join(root, 'rollback.sh'))
    await updateEnvFile(envFileIn(root), SETTINGS)
    const builds = { primary: build(1), secondary: build(2) }
    await writeGeneration(
      liveDirIn(root),
      nextRouting(NO_ROUTING, { live: 'primary', builds, bars: [], release: 1 }),
    )
  },
  write: async (root, acknowledge, pause) => {
    const ports = await serve(root)
    await updateEnvFile(envFileIn(root), ports)
    for (;;) {
      const { stdout } = await promisify(execFile)(join(root, 'rollback.sh'), { cwd: root })
      const said = /nginx serves (\w+), release \d+ \(generation (\d+)\)/.exec(stdout)
      acknowledge({ generation: Number(said?.[2]), live: slotSchema.parse(said?.[1]) })
      await pause()
    }
  },
  check: async (root, words) => {
    const last = words.at(-1)
    const found = await readGeneration(liveDirIn(root))
    const record = await readBreakGlass(stateIn(root))
    return [
      ...fewer('generation', found?.generation ?? 0, last?.generation),
      ...fewer('the word of generation', record?.generation ?? 0, last?.generation),
      ...(found?.pins.length === 2 && found.up.length === 2 ? [] : bad('slots or pins are gone')),
      ...(await envDamage(root, last, found?.generation)),
    ]
  },
})

async function envDamage(
  root: string,
  last: { generation: number; live: Slot } | undefined,
  generation: number | undefined,
): Promise<Damage[]> {
  const env = await readEnvFile(envFileIn(root))
  const live = env.get('LIVE_SLOT')
  if (env.get('HTTP_ADDRESS') !== '127.0.0.1' || !slotSchema.safeParse(live).success)
    return bad(`the env file says ${JSON.stringify([...env])}`)
  // A later run may have written its own slot, or have been cut before it did.
  if (last === undefined || generation !== last.generation || live === last.live) return []
  return [{ kind: 'lost', words: `LIVE_SLOT=${last.live} was acknowledged, and it is ${live}` }]
}

/** The two slots, and what answers as nginx would by the flags on the disk. Answers with their ports, as the env file names them. */
export async function serve(root: string): Promise<Record<string, string>> {
  const live = (): Slot =>
    existsSync(join(liveDirIn(root), 'current', 'live-secondary')) ? 'secondary' : 'primary'
  return {
    HTTP_PORT: await answerAs(live),
    PRIMARY_PORT: await answerAs(() => 'primary'),
    SECONDARY_PORT: await answerAs(() => 'secondary'),
  }
}

async function answerAs(slot: () => Slot): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('x-served-by', slot())
    response.end(JSON.stringify({ status: 'operational', slot: slot(), release: 1 }))
  }).listen(0, '127.0.0.1')
  server.unref()
  await once(server, 'listening')
  const address = server.address()
  return String(address !== null && typeof address === 'object' ? address.port : '')
}
