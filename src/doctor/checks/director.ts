import type { Check, Finding } from '../finding.ts'
import type { Seen } from '../seen.ts'
import { containerOf, isDown } from '../truth.ts'
import { untilDirectorAnswers } from '../until-director.ts'

const START_PERIOD_MS = 30_000

export const director: Check = {
  name: 'director',
  about: 'the release director runs, answers on its socket, and has settled everything',
  fix: 'has compose start it, or starts it anew where it runs and does not answer',
  isOfReleases: false,
  find: (seen) => {
    if (seen.docker.kind === 'unreachable' || isDown(seen)) return []
    if (seen.director.answers)
      return seen.director.unsettled === null ? [] : [unsettled(seen.director.unsettled)]
    return [{ severity: 'warning', ...silence(seen) }]
  },
}

function unsettled(sentence: string): Finding {
  return {
    severity: 'warning',
    sentence: `The director says: ${sentence}`,
    remedy: 'It tries again every few seconds; it is settled once what it names is mended.',
    mend: null,
  }
}

function silence(seen: Seen): Omit<Finding, 'severity'> {
  const container = containerOf(seen, 'director')
  const effect = 'so nobody can release or roll back but by ./rollback.sh. Visitors are served without it'
  if (container?.state === 'restarting') {
    return {
      sentence: `The director ends as often as it is started (exit code ${container.exitCode}), ${effect}.`,
      remedy: `\`docker logs --tail 20 ${container.name}\` says why.`,
      mend: null,
    }
  }
  if (container?.state === 'running') {
    const isYoung = Date.now() - container.startedAtMs < START_PERIOD_MS
    return {
      sentence: `The director runs and does not answer on its socket, ${effect}.`,
      remedy: isYoung ? '--fix waits for it: it has just been started.' : '--fix starts it anew.',
      mend: async (bench) => {
        if (!isYoung) await bench.restart('director')
        await untilDirectorAnswers(bench)
      },
    }
  }
  const how = container === null ? 'has no container' : `is ${container.state}`
  return {
    sentence: `The director ${how}, ${effect}.`,
    remedy: '--fix has compose start it.',
    mend: async (bench) => {
      if (container?.state === 'paused') await bench.place.docker.getContainer(container.id).unpause()
      else await bench.start('director')
      await untilDirectorAnswers(bench)
    },
  }
}
