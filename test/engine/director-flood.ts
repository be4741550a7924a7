import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { systemStatusSchema } from '../../src/director/protocol.ts'
import type { Slot } from '../../src/release/slot.ts'
import type { EngineSystem } from './engine-system.ts'

const FLOOD = readFileSync(join(import.meta.dirname, '../fixtures/flood.mjs'), 'utf8')
const MEBIBYTE = 1024 * 1024

export type Flooded = {
  /** How long the host's `status` took, and the least that can be asked there, in milliseconds, sorted. */
  statusMs: number[]
  pingMs: number[]
  /** Of the director's container, at its most. */
  peakMebibytes: number
  /** Lines that the director logged meanwhile. */
  lines: number
  /** What the flood itself says it did. */
  counts: string
}

/** Has hostile code run in a slot for `seconds`, and asks for the status on the host's socket all the while. */
export async function floodFrom(system: EngineSystem, slot: Slot, seconds: number): Promise<Flooded> {
  const director = await system.container('director')
  const sinceSeconds = Math.floor(Date.now() / 1_000)
  const flood = system.exec(`runtime_${slot}`, [
    ...['node', '--input-type=module', '-e', FLOOD, '--', 'flood', String(seconds)],
  ])
  let isOver = false
  const ended = flood.finally(() => {
    isOver = true
  })
  const statusMs: number[] = []
  const pingMs: number[] = []
  let peak = 0
  while (!isOver) {
    statusMs.push(await timed(() => system.director.call(systemStatusSchema, '/v1/status')))
    for (let pings = 0; pings < 20; pings++)
      pingMs.push(await timed(() => system.director.call(z.object({ ok: z.boolean() }), '/v1/ping')))
    const { memory_stats } = await director.stats({ stream: false, 'one-shot': true })
    peak = Math.max(peak, memory_stats.usage - (memory_stats.stats?.inactive_file ?? 0))
  }
  const { output } = await ended
  const log = await director.logs({ stdout: true, stderr: true, since: sinceSeconds, follow: false })
  return {
    statusMs: statusMs.toSorted((one, other) => one - other),
    pingMs: pingMs.toSorted((one, other) => one - other),
    peakMebibytes: Math.round(peak / MEBIBYTE),
    lines: String(log).split('\n').length - 1,
    counts: output.trim(),
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganAt = performance.now()
  await work()
  return performance.now() - beganAt
}
