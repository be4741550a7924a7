import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { restartDirector } from '../rig-acts.ts'

/** The doctor may want to hear the director, who stands still. */
const PATIENCE_MS = 3_000

export const doctor: Fault = {
  name: 'doctor',
  title: '`switchyard doctor --fix` while the release is under way',
  isHarmless: () => true,
  when: 'after',
  strike: async ({ rig, ended }) => {
    const examined = rig.system.cli('doctor', '--fix')
    await Promise.race([examined, delay(PATIENCE_MS)])
    rig.breakpoints.go()
    await examined
    await ended()
    return {}
  },
}

export const killedThenDoctor: Fault = {
  name: 'kill-doctor',
  title: 'director killed and down, then `switchyard doctor --fix`',
  when: 'after',
  strike: async ({ rig }) => {
    await restartDirector(rig, 'KILL', { whileDown: () => rig.system.cli('doctor', '--fix') })
    return {}
  },
}
