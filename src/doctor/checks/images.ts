import type Docker from 'dockerode'
import { SLOTS, type Slot } from '../../release/slot.ts'
import type { Check, Finding } from '../finding.ts'
import type { Seen } from '../seen.ts'
import { containerIn, heldBy, slotWords } from '../truth.ts'

export const images: Check = {
  name: 'images',
  about: 'the host has the images of the builds in both slots, under their names',
  fix: 'gives the image that the container was made from its name back, while the host has it',
  isOfReleases: true,
  find: (seen) => SLOTS.flatMap((slot) => imageIn(seen, slot)),
}

function imageIn(seen: Seen, slot: Slot): Finding[] {
  const held = heldBy(seen, slot)
  if (held === null || seen.docker.kind === 'unreachable') return []
  const name = held.build.image
  const named = seen.docker.images.get(name) ?? null
  const container = containerIn(seen, slot)
  // The image of a container that was started with another name says nothing of this one.
  const started = container?.image === name ? container.imageId : null
  if (named !== null && (started === null || named === started)) return []
  const canName = started !== null && seen.docker.presentImageIds.has(started)
  const what =
    named === null
      ? `The image ${name} is not on this host`
      : `The name ${name} stands for another image than the one that was started`
  return [
    {
      severity: 'warning',
      sentence: `${what}: ${slotWords(seen, slot)} could not be made anew as it was.`,
      remedy: canName
        ? '--fix gives the image that the slot was started from its name back.'
        : `${container === null ? 'Deploy' : 'It runs on as long as its container is there. Deploy'} a build to ${slot}; this one is gone.`,
      mend: canName ? ({ place }) => nameAgain(place.docker, started, name) : null,
    },
  ]
}

async function nameAgain(docker: Docker, id: string, name: string): Promise<void> {
  const colon = name.lastIndexOf(':')
  await docker.getImage(id).tag({ repo: name.slice(0, colon), tag: name.slice(colon + 1) })
}
