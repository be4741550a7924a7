import { knownFaults, revisionWords } from '../../nginx/known-faults.ts'
import type { Check, Finding } from '../finding.ts'
import type { Seen } from '../seen.ts'
import { containerOf, isDown } from '../truth.ts'

export const nginx: Check = {
  name: 'nginx',
  about: 'nginx runs and answers on the port that visitors use',
  fix: 'has compose start it, or starts it anew where it runs and does not answer',
  isOfReleases: false,
  find: (seen) => {
    if (isDown(seen)) return []
    const { answers, isPublished } = seen.nginx
    if (answers.length > 0 && isPublished) return []
    return [{ severity: 'broken', ...absence(seen) }]
  },
}

function absence(seen: Seen): Omit<Finding, 'severity'> {
  const container = containerOf(seen, 'traffic_proxy')
  const { httpPort } = seen.system
  if (seen.docker.kind === 'unreachable') {
    return {
      sentence: `nginx does not answer on port ${httpPort}, so visitors get nothing.`,
      remedy: 'Start Docker, then run the doctor again.',
      mend: null,
    }
  }
  if (container?.state === 'running') {
    const where = seen.nginx.answers.length > 0 ? ', but at its own address it does' : ''
    return {
      sentence: `nginx runs and does not answer on port ${httpPort}${where}, so visitors get nothing.`,
      remedy: '--fix starts it anew.',
      mend: async ({ restart, untilServed }) => {
        await restart('traffic_proxy')
        await untilServed()
      },
    }
  }
  const how =
    container === null ? 'has no container' : `is ${container.state} (exit code ${container.exitCode})`
  if (container?.state === 'restarting') {
    return {
      sentence: `nginx ${how}, so visitors get nothing.`,
      remedy: `\`docker logs ${container.name}\` says why it ends as often as it is started.`,
      mend: null,
    }
  }
  if (container?.state === 'paused') {
    return {
      sentence: `nginx ${how}, so visitors get nothing.`,
      remedy: '--fix lets it go on.',
      mend: async ({ place, untilServed }) => {
        await place.docker.getContainer(container.id).unpause()
        await untilServed()
      },
    }
  }
  return {
    sentence: `nginx ${how}, so visitors get nothing.`,
    remedy: '--fix has compose start it.',
    mend: async ({ start, untilServed }) => {
      await start('traffic_proxy')
      await untilServed()
    },
  }
}

export const configuration: Check = {
  name: "nginx's configuration",
  about: 'nginx accepts the configuration in `nginx/`',
  fix: 'nothing: nginx names the line that is to be corrected',
  isOfReleases: false,
  find: ({ nginx: { complaint } }) =>
    complaint === null
      ? []
      : [
          {
            severity: 'warning',
            sentence: `nginx refuses its configuration: ${complaint}. It serves on with the one that it has, and would not start again.`,
            remedy: 'Correct the file that it names, then run `switchyard reload`.',
            mend: null,
          },
        ],
}

export const version: Check = {
  name: "nginx's version",
  about:
    'the nginx that runs has no fault in how it puts strings together that is known and mended elsewhere',
  fix: 'nothing: a newer image is needed',
  isOfReleases: false,
  find: ({ nginx: { revision } }) => {
    const faults = revision === null ? [] : knownFaults(revision)
    if (revision === null || faults.length === 0) return []
    return [
      {
        severity: 'warning',
        sentence: `${revisionWords(revision)} lacks the mend of ${faults.join(', ')}. The rules in nginx/ do not bring that about; rules of your own that use \`map\` with a regular expression, \`rewrite\` or captures may, and then a request could take nginx over.`,
        remedy:
          'Take nginx 1.30.6 or newer, or the newest package of your Debian: name its image as NGINX_IMAGE in switchyard.env, then run `npm run up`.',
        mend: null,
      },
    ]
  },
}
