import { environmentFile } from '../../docker/slot-variables.ts'
import type { Slot } from '../../release/slot.ts'
import type { Bench } from '../bench.ts'
import type { Check } from '../finding.ts'
import { restoreEnvironment } from '../restore-environment.ts'
import type { Seen } from '../seen.ts'
import { heldBy, servedSlot, slotWords } from '../truth.ts'

export const environments: Check = {
  name: 'environments',
  about: '`state/environments` holds, whole, what the builds in both slots have of `app.env`',
  fix: "takes a lost one from `app.env` or from the slot's container, where one of them still has the same",
  isOfReleases: true,
  find: (seen) =>
    seen.startFiles.flatMap(({ slot, environment }) => {
      if (environment === null || environment.state === 'whole') return []
      const { hash, state } = environment
      return [
        {
          severity: 'warning' as const,
          sentence: `${environmentFile(hash)}, the environment of ${slotWords(seen, slot)} is ${state}: its container can't be made anew. Visitors are served by what runs.`,
          remedy: `--fix takes it from app.env or from the slot's container, where one of them still has the same. Otherwise ${wayOut(seen, slot)}.`,
          mend: (bench: Bench) => restoreEnvironment(bench, slot, hash),
        },
      ]
    }),
}

function wayOut(seen: Seen, slot: Slot): string {
  const id = heldBy(seen, slot)?.build.deploymentId
  if (servedSlot(seen) !== slot || !id) return 'the next deploy to it brings one of its own'
  return `\`switchyard deploy --build ${id}\` releases the build with the app.env of now`
}

export const preloads: Check = {
  name: 'preloads',
  about: '`state/preload` holds what each slot is started with, and names it to the slot',
  fix: 'lets the preload of now stand in for a lost one, and names it',
  isOfReleases: true,
  find: (seen) =>
    seen.startFiles.flatMap(({ slot, preload, namesPreload }) => {
      const mend = (bench: Bench) => bench.keepStartFiles(slot)
      const lost =
        preload === null || preload.isThere
          ? []
          : [
              {
                severity: 'warning' as const,
                sentence: `state/preload/${preload.hash}, which ${slotWords(seen, slot)} is started with, is lost or damaged: started again, by Docker too, the slot would end before it answers.`,
                remedy: '--fix lets the preload of now stand in for it.',
                mend,
              },
            ]
      if (namesPreload === (preload !== null)) return lost
      const wrong =
        preload === null
          ? `names a preload to ${slotWords(seen, slot)} which was started without one`
          : `does not name its preload to ${slotWords(seen, slot)} as it was started`
      return [
        ...lost,
        {
          severity: 'warning' as const,
          sentence: `state/preload/${slot}.env ${wrong}: a plain \`docker compose up\` would make its container anew.`,
          remedy: '--fix writes it.',
          mend,
        },
      ]
    }),
}
