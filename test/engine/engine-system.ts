import { z } from 'zod'
import {
  acceptedSchema,
  historySchema,
  logLineSchema,
  systemStatusSchema,
} from '../../src/director/protocol.ts'
import { type DeployRequest, type Release, releaseSchema } from '../../src/release/release.ts'
import { buildSlotImage } from '../fixtures/slot-image.ts'
import { thisMachine } from '../system/place.ts'
import { freshSystem, type SystemOptions, sharePackages, type TestSystem } from '../system/system.ts'
import { until } from './until.ts'

export type EngineSystemOptions = SystemOptions & {
  /** When the copy of the project is there, and before anything runs in it. */
  beforeSetUp?(system: TestSystem): Promise<void>
}

export type EngineSystem = TestSystem & {
  /** Makes an image of the fixture slot, with `fault` where one is named; answers with its tag. */
  image(version: string, fault?: string): Promise<string>
  /** As a person would who was shown the freeze that there may be. */
  deploy(source: DeployRequest['source'], rest?: Partial<DeployRequest>): Promise<Release>
  rollback(): Promise<Release>
  ended(id: number): Promise<Release>
  release(id: number): Promise<Release>
  status(): Promise<z.infer<typeof systemStatusSchema>>
  history(): Promise<Release[]>
  log(id: number): Promise<string>
  /** What visitors get: the slot and the version that answer through nginx. */
  served(): Promise<{ slot: string; version: string; release: number }>
}

const END_DEADLINE_MS = 120_000
const payloadSchema = z.object({ slot: z.string(), version: z.string(), release: z.number() })

/** A whole system whose builds are the tiny fixture slot, brought up by set-up itself, with version 1 live. */
export async function engineSystem(options: EngineSystemOptions): Promise<EngineSystem> {
  const system = await freshSystem(options)
  sharePackages(system)
  await options.beforeSetUp?.(system)
  const { docker } = options.place ?? thisMachine
  const image = async (version: string, fault?: string): Promise<string> => {
    const tag = `${options.name}-slot:${version}`
    await buildSlotImage(docker, {
      tag,
      version,
      deploymentId: version.replaceAll('.', '-'),
      project: options.name,
      ...(fault === undefined ? {} : { fault }),
    })
    return tag
  }
  const first = await image('1.0.0')
  const { code, output } = await system.run(process.execPath, [
    'src/setup/main.ts',
    'up',
    '--yes',
    '--image',
    first,
  ])
  if (code !== 0) throw new Error(`Set-up ended with ${code}.\n${output}`)

  const get = <T>(schema: z.ZodType<T>, path: string): Promise<T> => system.director.call(schema, path)
  const post = <T>(schema: z.ZodType<T>, path: string, body: unknown = {}): Promise<T> =>
    system.director.call(schema, path, { method: 'POST', body: JSON.stringify(body) })
  const release = (id: number): Promise<Release> => get(releaseSchema, `/v1/releases/${id}`)
  const status = () => get(systemStatusSchema, '/v1/status')
  return {
    ...system,
    image,
    release,
    deploy: async (source, rest = {}) => {
      const { freeze } = await status()
      const despite = freeze === null ? {} : { despiteFreeze: freeze.at }
      return (await post(acceptedSchema, '/v1/deploy', { source, ...despite, ...rest })).release
    },
    rollback: async () => (await post(acceptedSchema, '/v1/rollback')).release,
    ended: async (id) =>
      until(`release ${id} has ended`, END_DEADLINE_MS, async () => {
        const seen = await release(id)
        const { running } = await status()
        return seen.endedAt !== null && running === null ? seen : null
      }),
    status,
    history: async () => (await get(historySchema, '/v1/releases?limit=100')).releases,
    log: async (id) => {
      const response = await system.director.raw(`/v1/releases/${id}/events?follow=0`)
      const data = (await response.text())
        .split('\n')
        .filter((line) => line.startsWith('data: {"at"') || line.includes('"offset"'))
      return data.map((line) => logLineSchema.parse(JSON.parse(line.slice('data: '.length))).text).join('\n')
    },
    // A kept connection to a machine that has lost its power since would be a dead one.
    served: async () => {
      const answer = await fetch(`${system.url}/api/system/status`, { headers: { connection: 'close' } })
      return payloadSchema.parse(await answer.json())
    },
  }
}
