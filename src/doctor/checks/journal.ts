import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { adoptMove } from '../../director/adopt.ts'
import { forgetBreakGlass, readBreakGlass } from '../../nginx/break-glass.ts'
import { nginxTraffic } from '../../nginx/traffic.ts'
import { copyPath } from '../../state/journal-copy.ts'
import { addressOf, NGINX_PORTS } from '../../topology/addresses.ts'
import type { Bench } from '../bench.ts'
import type { Check, Finding } from '../finding.ts'
import type { Seen } from '../seen.ts'
import { containerOf, readJournalOf } from '../truth.ts'
import { untilDirectorAnswers } from '../until-director.ts'

export const journalWhole: Check = {
  name: 'journal',
  about:
    '`state/journal.db` is there and whole, each release in it is what its events say, and its copy has all of it',
  fix: "makes a damaged one anew from its copy, as the director does at its start, a release's row from its events, and the copy from the journal",
  isOfReleases: true,
  find: (seen) => {
    const { journal, routing } = seen
    if (journal.kind === 'absent')
      return routing.highest === 0 && journal.copied === 0 ? [] : [lost(seen, 'is missing', journal.copied)]
    if (journal.kind === 'damaged')
      return [lost(seen, `can't be used: ${journal.reason.replace(/\.$/, '')}`, journal.copied)]
    return [...journal.misfolded.map(misfolded), ...behind(seen, journal.missingInCopy)]
  },
}

function misfolded(id: number): Finding {
  return {
    severity: 'warning',
    sentence: `The journal's row of release ${id} does not say what its events say. Visitors are not concerned.`,
    remedy: '--fix writes it anew from the events.',
    // To open it folds its newest releases anew.
    mend: ({ journal }) => journal(() => undefined),
  }
}

function behind(seen: Seen, missing: number): Finding[] {
  if (missing === 0) return []
  return [
    {
      severity: 'warning',
      sentence: `The copy of the journal, state/journal.db-copy, lacks ${missing} of its entries: they would be lost with the journal. Visitors are not concerned.`,
      remedy: `--fix makes the copy anew${directorRuns(seen) ? ', by starting the director anew' : ''}.`,
      mend: async (bench) => {
        await rm(copyPath(join(bench.place.paths.state, 'journal.db')), { force: true })
        await openedAnew(bench)
      },
    },
  ]
}

function lost(seen: Seen, what: string, copied: number): Finding {
  return {
    severity: 'warning',
    sentence: `state/journal.db ${what}. Without it nobody knows which builds the slots hold and who released them; visitors are served as before.`,
    ...(copied === 0
      ? {
          remedy:
            'It has no copy. Put back one of your own while the director is stopped; without one move it aside, and deploy: the history begins anew.',
          mend: null,
        }
      : {
          remedy: `--fix makes it anew from the ${copied} entries of its copy${directorRuns(seen) ? ', by starting the director anew' : ''}; what was there is kept in state/quarantine.`,
          mend: openedAnew,
        }),
  }
}

const directorRuns = (seen: Seen): boolean => containerOf(seen, 'director')?.state === 'running'

/**
 * To open a journal mends it (`openJournalFile`) and its copy. One that the director has open it must open itself: what it
 * went on writing to the exchanged file, or at the end of the former copy, would be lost.
 */
async function openedAnew(bench: Bench): Promise<void> {
  if (!directorRuns(bench.seen)) return bench.journal(() => undefined)
  await bench.restart('director')
  await untilDirectorAnswers(bench)
}

export const movedElsewhere: Check = {
  name: 'live slot',
  about: 'the journal says that the slot is live which nginx serves',
  fix: 'enters what nginx serves into the journal, as a rollback on the host',
  isOfReleases: true,
  find: (seen) => {
    const routed = seen.routing.state?.live
    const journal = readJournalOf(seen)
    if (!routed || !journal?.newestLive || journal.newestLive.slot === routed) return []
    if (journal.unfinished.length > 0) return []
    return [
      {
        severity: 'warning',
        sentence: `Visitors get ${routed}, and the journal says that ${journal.newestLive.slot} is live (release ${journal.newestLive.id}).`,
        remedy: `--fix enters into the journal that ${routed} is live.`,
        mend: adopt,
      },
    ]
  },
}

async function adopt({ place, seen, journal }: Bench): Promise<void> {
  const { docker, paths } = place
  const nginx = `http://${addressOf(seen.system.prefixes, 'nginx')}`
  const traffic = nginxTraffic({
    liveDir: paths.nginxLive,
    publicUrl: new URL(`${nginx}:${NGINX_PORTS.visitors}`),
    internalUrl: new URL(`${nginx}:${NGINX_PORTS.admin}`),
    docker,
    containerFilter: { label: [] },
  })
  const word = await readBreakGlass(paths.state).catch(() => null)
  await journal((opened) => adoptMove({ traffic, journal: opened }, word))
  await forgetBreakGlass(paths.state)
}

export const unfinished: Check = {
  name: 'unsettled release',
  about: 'no release is under way in the journal that nobody works on',
  fix: 'starts the director where it does not run: it settles the release as it starts',
  isOfReleases: true,
  find: (seen) => {
    const isThere = containerOf(seen, 'director')?.state === 'running'
    return (readJournalOf(seen)?.unfinished ?? []).map(({ id, slot }) => ({
      severity: 'warning',
      sentence: `Release ${id} to ${slot} is under way in the journal, and nobody works on it. Visitors get what nginx serves; the next release waits for it.`,
      remedy: isThere
        ? 'The director settles it within seconds; what keeps it from that is told by `switchyard status`.'
        : '--fix starts the director, which settles it.',
      mend: isThere ? null : ({ start }) => start('director'),
    }))
  },
}
