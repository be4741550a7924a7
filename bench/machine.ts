import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import type Docker from 'dockerode'
import { bytes } from '../src/words/quantities.ts'
import { runIn } from './docker/run-in.ts'
import type { Machine } from './results.ts'

/** What the numbers were measured on; `nginxImage` is the one that Switchyard's own rows run on. */
export async function describeMachine(docker: Docker, nginxImage: string): Promise<Machine> {
  const processors = cpus()
  const { Version } = await docker.version()
  return {
    cores: `${processors.length} cores (${processors[0]?.model.trim() || 'unknown model'})`,
    memory: bytes(totalmem()),
    kernel: release(),
    docker: Version,
    nginx: await nginxVersion(docker, nginxImage),
    node: process.versions.node,
  }
}

export async function nginxVersion(docker: Docker, image: string): Promise<string> {
  const said = await runIn(docker, image, ['nginx', '-v'])
  return /nginx\/([\d.]+)/.exec(said)?.[1] ?? 'unknown'
}

/** How busy the machine is, for the reason of a miss; its own measurement is part of that. */
export function loadInWords(): string {
  const [oneMinute = 0] = loadavg()
  return `The load average was ${oneMinute.toFixed(1)} on ${availableParallelism()} cores right after it.`
}
