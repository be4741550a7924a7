import {
  existsSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { otherSlot } from '../../../src/release/slot.ts'
import type { Fault, Moment } from '../fault.ts'
import { restartDirector } from '../rig-acts.ts'

const PAGE_BYTES = 4_096

export const symlinkUndone: Fault = {
  name: 'symlink-undone',
  title: 'the renamed symlink undone by hand',
  when: 'after',
  strike: async ({ rig, generations, ended }) => {
    const isRenamed = generations.now > generations.before
    if (isRenamed) pointAt(rig.system.dir, `gen-${generations.now - 1}`)
    rig.breakpoints.go()
    if (!isRenamed) return null
    await ended()
    return {}
  },
}

/** Each leaves the visitors' way as it is, and the state no more what the director wrote. */
const EDITS: readonly ((generation: string, moment: Moment) => void)[] = [
  (generation, { live }) => writeFileSync(join(generation, `b07-${otherSlot(live)}`), ''),
  (generation) => truncateSync(join(generation, 'state.json'), 20),
  (generation) => writeFileSync(join(generation, 'state.json'), 'edited by hand\n'),
]

export const routingEdited: Fault = {
  name: 'routing-edited',
  title: 'routing state edited by hand, and mended after the release',
  when: 'after',
  strike: async (moment) => {
    const { rig, random, ended } = moment
    const generation = join(rig.system.dir, 'nginx/live', `gen-${moment.generations.now}`)
    const state = join(generation, 'state.json')
    const sound = readFileSync(state)
    EDITS[Math.floor(random() * EDITS.length)]?.(generation, moment)
    rig.breakpoints.go()
    await ended(15_000)
    return {
      repair: async () => {
        if (!existsSync(generation)) return
        writeFileSync(state, sound)
        rmSync(join(generation, `b07-${otherSlot(moment.live)}`), { force: true })
      },
    }
  },
}

const stateFile = (name: string, title: string, spoil: (path: string) => void): Fault => ({
  name: `state-${name}`,
  title: `state/deployment_state.env ${title}`,
  // Preflight refuses what compose can't read, and then nothing has changed yet.
  isHarmless: (point) => point !== 'created' && point !== 'preflight:started',
  when: 'after',
  strike: async ({ rig, ended }) => {
    spoil(join(rig.system.dir, 'state/deployment_state.env'))
    rig.breakpoints.go()
    await ended()
    return {}
  },
})

export const stateFiles: readonly Fault[] = [
  stateFile('absent', 'absent', (path) => rmSync(path)),
  stateFile('truncated', 'cut in half', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))),
  stateFile('nonsense', 'full of nonsense', (path) => writeFileSync(path, Buffer.alloc(700, '\u0007}{='))),
]

export const journalCorrupt: Fault = {
  name: 'journal-corrupt',
  title: 'journal overwritten with nonsense, then director killed',
  when: 'after',
  strike: async ({ rig, point }) => {
    const path = join(rig.system.dir, 'state/journal.db')
    writeFileSync(path, Buffer.alloc(Math.max(statSync(path).size, PAGE_BYTES), 'not a database '))
    await restartDirector(rig, 'KILL')
    // At an event the director stands within the commit; what comes of it is copied before anyone is answered.
    return { losesLastEvent: !/renamed-/.test(point) }
  },
}

function pointAt(dir: string, generation: string): void {
  const current = join(dir, 'nginx/live/current')
  if (readlinkSync(current) === generation) return
  const temporary = `${current}.by-hand`
  symlinkSync(generation, temporary)
  renameSync(temporary, current)
}
