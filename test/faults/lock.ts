import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Rig } from './rig.ts'

/** Whether nobody holds the release lock. It is the same kernel's, whichever machine the file is looked at from. */
export function isFree({ system }: Rig): boolean {
  return spawnSync('flock', ['-n', join(system.dir, 'state/deploy.lock'), 'true']).status === 0
}
