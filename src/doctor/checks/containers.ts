import type { Check, Finding } from '../finding.ts'
import type { DockerSight, Seen } from '../seen.ts'
import { SERVICE_NAMES, SERVICES, type Service } from '../services.ts'
import { isDown, servedSlot } from '../truth.ts'
import { startedBuilds } from './env-file.ts'

const ofDocker =
  (find: (docker: DockerSight, seen: Seen) => readonly Finding[]): Check['find'] =>
  (seen) =>
    seen.docker.kind === 'unreachable' || isDown(seen) ? [] : find(seen.docker, seen)

export const twins: Check = {
  name: 'one container each',
  about: 'no service has a second container, as a killed compose leaves one',
  fix: 'removes one that does not run',
  isOfReleases: true,
  find: ofDocker((docker) =>
    SERVICE_NAMES.flatMap((service) =>
      docker.services[service].slice(1).map(({ id, name, state }) => {
        const isRunning = !['created', 'exited', 'dead'].includes(state)
        return {
          severity: 'warning',
          sentence: `${name} (${state}) is a second container of ${SERVICES[service].words}, beside ${docker.services[service][0]?.name}.`,
          remedy: isRunning
            ? `Nothing is known of who started it. If it is not needed, \`docker rm -f ${name}\` removes it.`
            : '--fix removes it.',
          mend: isRunning ? null : async ({ place }) => void (await place.docker.getContainer(id).remove()),
        }
      }),
    ),
  ),
}

export const strangers: Check = {
  name: 'names',
  about: 'no container of another project has the name of one of ours',
  fix: "nothing: what is another's is never touched",
  isOfReleases: false,
  find: ofDocker(({ strangers: found }) =>
    found.map(({ name, service }) => ({
      severity: 'warning',
      sentence: `The container ${name} is not of this project and has the name that ${SERVICES[service].words} needs.`,
      remedy: `Remove or rename it, for example by \`docker rename ${name} ${name}-other\`, then run the doctor again.`,
      mend: null,
    })),
  ),
}

export const orphans: Check = {
  name: 'orphans',
  about: 'every container of the project belongs to a service of the compose file',
  fix: "nothing: it may be somebody's work",
  isOfReleases: false,
  find: ofDocker(({ orphans: found }) =>
    found.map(({ name, service, state }) => ({
      severity: 'warning',
      sentence: `The container ${name} (${state}) is of this project and of the service ${service || '(none)'}, which docker-compose.release.yml does not have. Visitors are not concerned.`,
      remedy: `If it is not needed, \`docker rm -f ${name}\` removes it.`,
      mend: null,
    })),
  ),
}

export const restartPolicies: Check = {
  name: 'restart policies',
  about: 'every container is started again after a crash and after a reboot',
  fix: 'sets the policy to `always`; nothing is restarted by that',
  isOfReleases: true,
  find: ofDocker((docker) =>
    SERVICE_NAMES.flatMap((service) => {
      const [container] = docker.services[service]
      if (container === undefined || container.restartPolicy === 'always') return []
      return [
        {
          severity: 'warning',
          sentence: `The restart policy of ${container.name} is ${container.restartPolicy}, not always: after a reboot ${SERVICES[service].words} might stay down.`,
          remedy: '--fix sets it to always.',
          mend: async ({ place }) =>
            void (await place.docker
              .getContainer(container.id)
              .update({ RestartPolicy: { Name: 'always' } })),
        },
      ]
    }),
  ),
}

export const recreation: Check = {
  name: 'plain compose up',
  about: 'a plain `docker compose up` would make no container anew',
  fix: 'nothing: a release takes up what changed for its slot, `npm run up` what changed for nginx and the director',
  isOfReleases: true,
  find: ofDocker((docker, seen) => {
    // What the state file says wrongly is told there, and compose may not even start by it.
    if (startedBuilds.find(seen).length > 0) return []
    if ('problem' in docker.recreated) {
      return [
        {
          severity: 'warning',
          sentence: `Compose can't say what it would start: ${docker.recreated.problem}.`,
          remedy: 'Correct what it names: no release can start a slot until then.',
          mend: null,
        },
      ]
    }
    const { names } = docker.recreated
    return SERVICE_NAMES.filter((service) =>
      docker.services[service].some(({ name }) => names.includes(name)),
    ).map((service) => (service === 'traffic_proxy' && seen.routing.isMoved ? former() : anew(service, seen)))
  }),
}

/** `npm run up` leaves such a container alone, as long as nothing else of it has changed. */
function former(): Finding {
  return {
    severity: 'warning',
    sentence:
      "nginx's container was made before each slot had a network of its own, so a plain `docker compose up` would make it anew, with some seconds in which visitors are refused. It serves as it should.",
    remedy:
      'At a quiet moment, `docker compose -f docker-compose.release.yml up -d --no-deps traffic_proxy` makes it anew, then `npm run up` forgets of it.',
    mend: null,
  }
}

function anew(service: Service, seen: Seen): Finding {
  const { words } = SERVICES[service]
  const isLive = service === `runtime_${servedSlot(seen)}`
  const isSlot = service.startsWith('runtime_')
  return {
    severity: 'warning',
    sentence: `The compose file or a setting has changed since ${words} was started, so a plain \`docker compose up\` would make it anew${isLive ? ' though it is live' : ''}.`,
    remedy: isSlot ? 'The next release to it takes the change up.' : '`npm run up` takes the change up.',
    mend: null,
  }
}
