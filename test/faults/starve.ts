import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PERIOD_US = 100_000
/** In the first version of cgroups the processor has a hierarchy of its own. */
const CPU_V1 = '/sys/fs/cgroup/cpu'
const V2 = '/sys/fs/cgroup'

/**
 * Gives a cgroup so much of one core (0.1 is a tenth), or all that there is. `group` is a path below the root of the
 * hierarchy: a private machine's name for all of its containers, with a container's id behind it for one.
 */
export function giveCores(group: string, cores: number | null): void {
  const v1 = join(CPU_V1, group, 'cpu.cfs_quota_us')
  if (existsSync(v1)) {
    if (cores !== null) writeFileSync(join(CPU_V1, group, 'cpu.cfs_period_us'), String(PERIOD_US))
    writeFileSync(v1, cores === null ? '-1' : String(Math.round(cores * PERIOD_US)))
    return
  }
  const quota = cores === null ? 'max' : String(Math.round(cores * PERIOD_US))
  writeFileSync(join(V2, group, 'cpu.max'), `${quota} ${PERIOD_US}`)
}
