import type { Fault } from '../fault.ts'

const HOUR_S = 3_600

/** Forth at the point; back again before the next deploy, so that time also runs backwards. */
export const clockMoved: Fault = {
  name: 'clock',
  title: "director's clock moved on by an hour, and back",
  isHarmless: () => true,
  when: 'after',
  strike: async ({ rig, ended }) => {
    rig.moveClock(HOUR_S)
    rig.breakpoints.go()
    await ended()
    return { repair: async () => rig.moveClock(0) }
  },
}
