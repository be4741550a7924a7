import { join } from 'node:path'
import { reserveAt } from '../../state/reserve.ts'
import type { Check } from '../finding.ts'
import { isDown } from '../truth.ts'

const LONG_MS = 2 * 60 * 60_000

export const docker: Check = {
  name: 'Docker',
  about: 'Docker answers',
  fix: 'nothing',
  isOfReleases: false,
  find: ({ docker: seen }) =>
    seen.kind === 'seen'
      ? []
      : [
          {
            severity: 'warning',
            sentence: `Docker does not answer (${seen.reason}), so containers, images and the network were not looked at.`,
            remedy: 'Start Docker, then run the doctor again.',
            mend: null,
          },
        ],
}

export const down: Check = {
  name: 'up',
  about: 'the system is up: its containers are there',
  fix: 'nothing: `npm run up` brings it up',
  isOfReleases: false,
  find: (seen) =>
    isDown(seen)
      ? [
          {
            severity: 'broken',
            sentence: 'The system is down: none of its containers is there, so it serves nobody.',
            remedy: '`npm run up` brings it back with the builds that it had.',
            mend: null,
          },
        ]
      : [],
}

export const disk: Check = {
  name: 'disk',
  about: 'there is room for one more build, in bytes and in files',
  fix: 'nothing',
  isOfReleases: false,
  find: ({ fullDisk }) =>
    fullDisk === null
      ? []
      : [
          {
            severity: 'warning',
            sentence: `The disk is nearly full: ${fullDisk} Visitors are served; a release is refused.`,
            remedy: 'Make room, for example by `docker builder prune`.',
            mend: null,
          },
        ],
}

export const reserve: Check = {
  name: 'reserve',
  about: '`state/reserve` holds the room by which a full disk can be recovered from',
  fix: 'makes it whole, where there is room for it',
  isOfReleases: false,
  find: ({ reserve: { bytes, wholeBytes } }) =>
    bytes >= wholeBytes
      ? []
      : [
          {
            severity: 'warning',
            sentence: `The reserve for a full disk, state/reserve, has ${bytes} of ${wholeBytes} bytes: with a full disk it may not be possible to write down what is live. Visitors are not concerned.`,
            remedy: '--fix makes it whole, where there is room for it.',
            mend: async ({ place }) => {
              const isWhole = await reserveAt(join(place.paths.state, 'reserve')).refill()
              if (!isWhole) throw new Error('there is no room for it')
            },
          },
        ],
}

export const lock: Check = {
  name: 'lock',
  about: 'the release lock is held by nobody, or by something that ends',
  fix: 'forgets a holder that is gone',
  isOfReleases: false,
  find: ({ lock: { isHeld, written } }) => {
    if (written === null) return []
    const who = `the ${written.verb} by ${written.actor.name}`
    if (!isHeld) {
      return [
        {
          severity: 'warning',
          sentence: `state/deploy.lock.json still names ${who}, which is gone. The lock is free; visitors are not concerned.`,
          remedy: '--fix removes it.',
          // To take the lock writes over it, and to let go of it removes it.
          mend: async () => undefined,
        },
      ]
    }
    if (Date.now() - Date.parse(written.since) < LONG_MS) return []
    return [
      {
        severity: 'warning',
        sentence: `The release lock has been held since ${written.since} by ${who}, so nothing else can be released. Visitors are not concerned.`,
        remedy:
          'Abort it with `switchyard abort`, or end the process that holds it: the lock is free as soon as that is gone.',
        mend: null,
      },
    ]
  },
}
