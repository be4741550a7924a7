import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type Docker from 'dockerode'
import { z } from 'zod'
import { otherSlot, type Slot, slotSchema } from '../../src/release/slot.ts'
import { parseEnv } from '../../src/state/env-file.ts'
import type { EngineSystem } from './engine-system.ts'

const findingSchema = z.object({
  check: z.string(),
  severity: z.enum(['broken', 'warning']),
  sentence: z.string(),
  remedy: z.string(),
  canMend: z.boolean(),
})

export type ShownFinding = z.infer<typeof findingSchema>

const lookSchema = z.object({ findings: z.array(findingSchema) })
const mendSchema = z.object({
  mended: z.array(findingSchema),
  findings: z.array(findingSchema.extend({ failure: z.string().nullable() })),
})

export async function doctor(system: EngineSystem): Promise<{ code: number; findings: ShownFinding[] }> {
  const { code, stdout, output } = await system.cli('doctor', '--json')
  return { code, ...parsed(lookSchema, stdout, output) }
}

export async function doctorFix(
  system: EngineSystem,
): Promise<{ code: number } & z.infer<typeof mendSchema>> {
  const { code, stdout, output } = await system.cli('doctor', '--fix', '--json')
  return { code, ...parsed(mendSchema, stdout, output) }
}

function parsed<T>(schema: z.ZodType<T>, stdout: string, output: string): T {
  const answer = schema.safeParse(stdout === '' ? undefined : JSON.parse(stdout))
  if (answer.success) return answer.data
  throw new Error(`The doctor answered something else: ${output}`)
}

/** What each slot is to visitors and what it holds, by the state file. */
export function heldNow(system: EngineSystem) {
  const values = parseEnv(readFileSync(join(system.dir, 'state/deployment_state.env'), 'utf8'))
  const live = slotSchema.parse(values.get('LIVE_SLOT'))
  const heldBy = (slot: Slot) => ({
    slot,
    image: values.get(`${slot.toUpperCase()}_IMAGE`) ?? '',
    release: Number(values.get(`${slot.toUpperCase()}_RELEASE`)),
    container: `${system.name}-env-${slot}`,
  })
  return { live: heldBy(live), standby: heldBy(otherSlot(live)) }
}

/** Asks the site again and again, each time on a fresh connection, and counts what was no good answer. */
export function visitors(url: string) {
  const ended = new AbortController()
  let failures: string[] = []
  let asked = 0
  const run = (async () => {
    while (!ended.signal.aborted) {
      asked++
      try {
        const answer = await fetch(url, { headers: { connection: 'close' } })
        await answer.arrayBuffer()
        if (!answer.ok) failures.push(`HTTP ${answer.status}`)
      } catch (cause) {
        failures.push(String(cause))
      }
      await pause(20)
    }
  })()
  return {
    /** What has failed since the last call. */
    failed: () => {
      const since = failures
      failures = []
      return since
    },
    asked: () => asked,
    stop: async () => {
      ended.abort()
      await run
    },
  }
}

/** A container that compose did not make, with labels and a name as they are given. It sleeps, if it is started. */
export async function stranger(
  docker: Docker,
  options: { name: string; labels?: Record<string, string>; network?: { name: string; address: string } },
): Promise<Docker.Container> {
  const { name, labels = {}, network } = options
  return docker.createContainer({
    name,
    Image: 'switchyard-base/node:26',
    Cmd: ['sleep', '600'],
    Labels: labels,
    ...(network && {
      HostConfig: { NetworkMode: network.name },
      NetworkingConfig: {
        EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: network.address } } },
      },
    }),
  })
}
