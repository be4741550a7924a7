import type { Fault } from '../fault.ts'

const FULL_AT_MOST_MS = 12_000

export const diskFull: Fault = {
  name: 'disk-full',
  title: 'disk full from before the write until the release has ended',
  when: 'before',
  strike: async ({ rig, ended }) => {
    rig.disk.fill()
    rig.breakpoints.go()
    await ended(FULL_AT_MOST_MS)
    return { repair: async () => rig.disk.free() }
  },
}
