import type { Runtimes, Slots } from '../release/ports.ts'
import type { SlotStart } from '../release/runtime.ts'
import type { Slot } from '../release/slot.ts'

/** What a slot is started from beside its image, all of it below state/. */
export type StartFiles = Pick<Runtimes, 'mustBeKept'> & {
  /** Answers with the name of the env file where it was damaged, and is whole again. */
  mendEnvFile(): Promise<string | null>
  /** Lets today's preload take the place of the one called `hash` where that is lost. Answers whether it was. */
  mendPreload(hash: string): Promise<boolean>
  /** NODE_OPTIONS, by which the slot finds its preload. */
  writeOptions(slot: Slot, start: SlotStart): Promise<void>
}

/** Slots that are started from sound files: compose fills its file from them, and a slot is started in bad moments too. */
export function onSoundFiles(slots: Slots, files: StartFiles): Slots {
  return {
    ...slots,
    start: async (slot, start, log, signal) => {
      const damaged = await files.mendEnvFile()
      if (damaged !== null) log(`${damaged} was damaged and is taken from its copy.`)
      await files.mustBeKept(start.runtime, slot)
      const { preload } = start.runtime
      if (preload !== null && (await files.mendPreload(preload)))
        log(`state/preload/${preload} was lost; the preload of now stands in for it in ${slot}.`)
      await files.writeOptions(slot, start)
      await slots.start(slot, start, log, signal)
    },
  }
}
