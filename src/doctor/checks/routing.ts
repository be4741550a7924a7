import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAdmin } from '../../nginx/admin.ts'
import { findProxy, signalReload } from '../../nginx/proxy-container.ts'
import { adminOf } from '../../topology/addresses.ts'
import type { Check, Finding } from '../finding.ts'
import type { Seen } from '../seen.ts'
import { readJournalOf, servedSlot, slotToServe } from '../truth.ts'

export const routing: Check = {
  name: 'routing',
  about: '`nginx/live/current` leads to a generation whose flags and `state.json` agree',
  fix: 'writes a new generation of what nginx serves; where it serves nobody, of what the newest whole generation and the journal agree on',
  isOfReleases: true,
  find: (seen) => {
    const { problem, unreadable, highest } = seen.routing
    if (problem !== null) return isBeforeFirstRelease(seen) && highest === 0 ? [] : [edited(seen, problem)]
    return unreadable === null ? [] : [hidden(seen, unreadable)]
  },
}

/** Nothing is routed then, and nothing is wrong with that. */
function isBeforeFirstRelease(seen: Seen): boolean {
  return seen.journal.kind === 'absent' || readJournalOf(seen)?.newestLive === null
}

function edited(seen: Seen, problem: string): Finding {
  const served = servedSlot(seen)
  return {
    severity: served === null ? 'broken' : 'warning',
    sentence: `The routing in nginx/live is not as Switchyard left it: ${problem}. ${visitorsGet(seen)}`,
    ...byRouting(seen),
  }
}

function hidden(seen: Seen, path: string): Finding {
  return {
    severity: 'broken',
    sentence: `nginx may not read ${path}, so it sees no routing there. ${visitorsGet(seen)}`,
    ...byRouting(seen),
  }
}

function visitorsGet({ nginx, routing: { flagged } }: Seen): string {
  const slots = new Set(nginx.answers.flatMap(({ servedBy }) => servedBy ?? []))
  if (slots.size > 0) return `Visitors get ${[...slots].join(' and ')}.`
  return flagged === null ? 'Visitors get nothing.' : `nginx would serve ${flagged}.`
}

function byRouting(seen: Seen): Pick<Finding, 'remedy' | 'mend'> {
  const live = slotToServe(seen)
  if (live === null) return { remedy: decision(seen), mend: null }
  const reason =
    servedSlot(seen) === live ? 'as nginx serves it' : 'as the newest whole generation and the journal say'
  return {
    remedy: `--fix writes a new generation with ${live} live, ${reason}.`,
    mend: ({ routeTo }) => routeTo(live),
  }
}

/** Two that can be asked do not agree, or there is only one. */
function decision(seen: Seen): string {
  const { newest } = seen.routing
  const live = readJournalOf(seen)?.newestLive?.slot
  const said = [
    newest?.live == null
      ? 'no generation on disk is whole'
      : `the newest whole generation, ${newest.generation}, says ${newest.live}`,
    live === undefined ? 'the journal can not be asked' : `the journal says ${live}`,
  ].join(', and ')
  const way =
    newest === null ? '' : `, for example by \`ln -sfn gen-${newest.generation} nginx/live/current\``
  return `Nothing tells for sure which slot is to be live: ${said}. Decide it${way}, then run the doctor again.`
}

export const leftovers: Check = {
  name: 'routing leftovers',
  about: '`nginx/live` holds no generation newer than the current one, and nothing half-written',
  fix: 'removes them',
  isOfReleases: true,
  find: ({ routing: { leftovers: names } }) =>
    names.map((name) => ({
      severity: 'warning',
      sentence: `nginx/live/${name} was left behind by something that was stopped. Visitors are not concerned.`,
      remedy: '--fix removes it.',
      mend: ({ place }) => rm(join(place.paths.nginxLive, name), { recursive: true, force: true }),
    })),
}

export const mount: Check = {
  name: 'mount',
  about: "nginx's container sees the `nginx/live` that is on disk",
  fix: 'writes what nginx serves to the disk, then starts nginx anew: some seconds without it',
  isOfReleases: false,
  find: (seen) => {
    if (seen.nginx.seesLive !== false) return []
    const served = servedSlot(seen)
    return [
      {
        severity: 'warning',
        sentence: `nginx still serves from a directory that was nginx/live before, so it does not see the routing on disk. ${visitorsGet(seen)} No release can move them.`,
        remedy: `--fix ${served === null ? '' : `writes down that ${served} is live, then `}starts nginx anew; visitors wait for some seconds.`,
        mend: async ({ routeTo, restart, untilServed }) => {
          if (served !== null && served !== seen.routing.flagged) await routeTo(served)
          await restart('traffic_proxy')
          await untilServed()
        },
      },
    ]
  },
}

export const directorsAddress: Check = {
  name: "director's address",
  about: "nginx's internal port answers the director: `nginx/live/admin.conf` names its address",
  fix: 'writes the file and has nginx read it',
  isOfReleases: false,
  find: ({ routing: { namesDirector }, system }) =>
    namesDirector
      ? []
      : [
          {
            severity: 'warning',
            sentence:
              "nginx/live/admin.conf does not name the director's address, so nginx will not tell it what is live, and no release can be confirmed. Visitors are not concerned.",
            remedy: '--fix writes it and has nginx read it.',
            mend: async ({ place, signal }) => {
              const { docker, paths } = place
              await writeAdmin(paths.nginxLive, adminOf(system.prefixes))
              const label = [
                `com.docker.compose.project=${system.project}`,
                'com.docker.compose.service=traffic_proxy',
              ]
              const proxy = await findProxy(docker, { label }, signal).catch(() => null)
              if (proxy !== null) await signalReload(proxy, signal)
            },
          },
        ],
}
