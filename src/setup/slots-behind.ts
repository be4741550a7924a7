import { CommandFailure } from '../docker/command.ts'
import { COMPOSE_FILE } from '../docker/project.ts'
import { reasonOf } from '../release/errors.ts'
import { SLOTS, type Slot } from '../release/slot.ts'
import { wouldRecreate } from './compose.ts'
import { nameOf, projectContainers, serviceOf } from './containers.ts'
import type { StartRequest } from './start.ts'

/**
 * Says which running slots were started with something else than settings and compose file say now. Set-up never
 * touches a running slot, but compose would: asking it takes half a second, so it is asked each time.
 */
export async function tellSlotsBehind(request: StartRequest): Promise<void> {
  const { docker, paths, settings, base, progress } = request
  const project = settings.COMPOSE_PROJECT_NAME
  const containers = projectContainers(await docker.listContainers(), project)
  const running = SLOTS.flatMap((slot) => {
    const container = containers.find((one) => serviceOf(one) === `runtime_${slot}`)
    return container === undefined ? [] : [{ slot, container }]
  })
  if (running.length === 0) return
  const services = running.map(({ container }) => serviceOf(container))
  try {
    const anew = await wouldRecreate(docker, { paths, tools: base.tools, project, services })
    const behind = running.filter(({ container }) => anew.includes(nameOf(container)))
    if (behind.length > 0) progress.note(slotsBehind(behind.map(({ slot }) => slot)))
  } catch (cause) {
    // All that was to be started is: this can't be what ends the run.
    const reason = (cause instanceof CommandFailure ? cause.lines.at(-1) : undefined) ?? reasonOf(cause)
    progress.note(`Whether a running slot lacks a change of its settings can't be told: ${reason}`)
  }
}

/** For people: what `slots` lack, when they get it, and what not to do until then. */
export function slotsBehind(slots: readonly Slot[]): string {
  const which = slots.length === 1 ? `The ${slots[0]} slot runs` : `The slots ${slots.join(' and ')} run`
  const lost = slots.length === 1 ? 'it, even while it is live' : 'both at once, the live one too'
  return [
    `${which} without what changed in the slots' settings or the compose file: a running slot is never touched.`,
    `The next release to a slot takes it up. Until then \`docker compose -f ${COMPOSE_FILE} up -d\` without names of services would recreate ${lost}.`,
  ].join('\n')
}
