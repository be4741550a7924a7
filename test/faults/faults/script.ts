import type { Fault } from '../fault.ts'
import { restartDirector } from '../rig-acts.ts'

const BUSY = 75

export const rollbackScript: Fault = {
  name: 'rollback-sh',
  title: '`./rollback.sh` while the release is under way',
  isHarmless: () => true,
  when: 'after',
  strike: async ({ rig, ended }) => {
    const { code, output } = await rig.system.run('./rollback.sh', [])
    rig.breakpoints.go()
    await ended()
    return { violations: code === BUSY ? [] : [`./rollback.sh ended with ${code}, not ${BUSY}: ${output}`] }
  },
}

export const rollbackScriptAlone: Fault = {
  name: 'kill-rollback-sh',
  title: 'director killed and down, then `./rollback.sh`',
  when: 'after',
  strike: async ({ rig }) => {
    const run = () => rig.system.run('./rollback.sh', [])
    await restartDirector(rig, 'KILL', { whileDown: run })
    return {}
  },
}
