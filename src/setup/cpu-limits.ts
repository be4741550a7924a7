import type Docker from 'dockerode'
import { z } from 'zod'
import type { Settings } from '../config/settings.ts'

const LEAST_CORES = 0.01
/** What the compose file gives nginx where nothing else is set: the only default that is more than any host has. */
const PROXY_DEFAULT_CORES = 2

const infoSchema = z.object({ NCPU: z.number().int().positive() })

/** How many cores Docker counts: above them it refuses a limit, though only when the container is made. */
export async function coresOf(docker: Docker): Promise<number> {
  const info: unknown = await docker.info()
  return infoSchema.parse(info).NCPU
}

/** The limits of `settings` that Docker would refuse on a host of `cores`, a sentence each. */
export function cpuProblems(settings: Settings, cores: number): string[] {
  return (['SLOT_CPUS', 'DIRECTOR_CPUS', 'PROXY_CPUS'] as const).flatMap((name) => {
    const given = settings[name]
    if (given === undefined || (Number(given) >= LEAST_CORES && Number(given) <= cores)) return []
    const has = cores === 1 ? '1 core' : `${cores} cores`
    return [`${name} is ${given}, but Docker has ${has} here: set ${LEAST_CORES} to ${cores}.`]
  })
}

/** `settings` with the default that a host of `cores` is too small for lowered to what it has. */
export function withinCores(settings: Settings, cores: number): Settings {
  if (settings.PROXY_CPUS !== undefined || cores >= PROXY_DEFAULT_CORES) return settings
  return { ...settings, PROXY_CPUS: String(cores) }
}
