import { existsSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Aftermath, Fault, Moment } from '../fault.ts'

const FULL_AT_MOST_MS = 12_000

export const diskFull: Fault = {
  name: 'disk-full',
  title: 'disk full from before the write until the release has ended',
  isOfJournal: true,
  when: 'before',
  strike: fullUntilItHasEnded,
}

export const diskFullBare: Fault = {
  name: 'disk-full-bare',
  title: 'the same, and the reserve is spent',
  isOfJournal: true,
  when: 'before',
  strike: (moment) => {
    const reserve = join(moment.rig.system.dir, 'state/reserve')
    if (existsSync(reserve)) truncateSync(reserve, 0)
    return fullUntilItHasEnded(moment)
  },
}

async function fullUntilItHasEnded({ rig, ended }: Moment): Promise<Aftermath> {
  rig.disk.fill()
  rig.breakpoints.go()
  await ended(FULL_AT_MOST_MS)
  return { repair: async () => rig.disk.free() }
}
