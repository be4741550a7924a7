import { slotVariables } from '../../docker/slot-variables.ts'
import { SLOTS } from '../../release/slot.ts'
import { linkEnvFile } from '../../setup/state-directory.ts'
import { type EnvChanges, type EnvValues, mendEnvFile, updateEnvFile } from '../../state/env-file.ts'
import type { Check } from '../finding.ts'
import type { EnvFileSight, Seen } from '../seen.ts'
import { readJournalOf, startHeldBy } from '../truth.ts'

/** Compose does nothing without them, and set-up writes all of them. */
const SETTINGS = [
  ...[
    'COMPOSE_PROJECT_NAME',
    'SWITCHYARD_DIR',
    'NETWORK_PREFIX',
    // Those of a system to which no version with them was applied are missing.
    'PRIMARY_NETWORK_PREFIX',
    'SECONDARY_NETWORK_PREFIX',
    'HTTP_PORT',
    'PRIMARY_PORT',
    'SECONDARY_PORT',
  ],
  ...['NODE_IMAGE', 'NGINX_IMAGE', 'TOOLS_IMAGE', 'DIRECTOR_IMAGE'],
] as const

export const settings: Check = {
  name: 'settings',
  about:
    '`state/deployment_state.env` is whole and holds the settings that `npm run up` applied, for this directory',
  fix: 'takes a damaged one from its copy',
  isOfReleases: true,
  find: ({ envFile, system }) => {
    const reason = damageOf(envFile) ?? foreign(envFile, system.directory)
    if (reason === null) return []
    const canCopy = envFile.isCopied && damageOf(envFile) !== null
    return [
      {
        severity: 'warning',
        sentence: `state/deployment_state.env ${reason}, so compose can start nothing. Visitors are served by what runs.`,
        remedy: canCopy
          ? '--fix takes it from its copy.'
          : 'Run `npm run up` once the rest is mended: it writes the settings anew.',
        mend: canCopy ? async ({ place }) => void (await mendEnvFile(place.paths.envFile)) : null,
      },
    ]
  },
}

function damageOf(envFile: EnvFileSight): string | null {
  if (envFile.kind === 'absent') return 'is missing'
  const missing = SETTINGS.filter((name) => !envFile.values.get(name))
  if (missing.length > 0) return `lacks ${missing.join(', ')}`
  return envFile.isSound ? null : 'is damaged: it is not what was written last'
}

function foreign(envFile: EnvFileSight, directory: string): string | null {
  const written = valuesOf(envFile).get('SWITCHYARD_DIR')
  return written === directory ? null : `is that of ${written}`
}

export const startedBuilds: Check = {
  name: 'state file',
  about:
    '`state/deployment_state.env` names the builds that the slots hold, and the live slot, as the journal does',
  fix: 'writes them from the journal',
  isOfReleases: true,
  find: (seen) => {
    const changes = Object.entries(wanted(seen))
    const values = valuesOf(seen.envFile)
    // Compose takes an empty one for none, and a director that knew nothing of some has left them out.
    const wrong = changes.filter(([name, value]) => (values.get(name) ?? '') !== value)
    if (wrong.length === 0) return []
    const said = wrong.map(
      ([name, value]) => `${name} is ${values.get(name) || 'missing'} instead of ${value}`,
    )
    return [
      {
        severity: 'warning',
        sentence: `state/deployment_state.env does not say what the journal says: ${said.join(', ')}. A plain \`docker compose up\` would start something else than what was released.`,
        remedy: '--fix writes it from the journal.',
        mend: async ({ place }) => void (await updateEnvFile(place.paths.envFile, wanted(seen))),
      },
    ]
  },
}

/** What the director writes once a release is live. */
function wanted(seen: Seen): EnvChanges {
  const live = readJournalOf(seen)?.newestLive
  if (!live) return {}
  const variables = SLOTS.map((slot) => {
    const start = startHeldBy(seen, slot)
    return start === null ? {} : slotVariables(slot, start)
  })
  return Object.assign({ LIVE_SLOT: live.slot }, ...variables)
}

export function valuesOf(envFile: Seen['envFile']): EnvValues {
  return envFile.kind === 'read' ? envFile.values : new Map()
}

export const link: Check = {
  name: 'link of compose',
  about: '`.env` is the link by which a plain `docker compose` finds the state file',
  fix: 'makes it where nothing is called so',
  isOfReleases: false,
  find: ({ envFile }) => {
    if (envFile.kind === 'absent' || envFile.link === 'right') return []
    const isFree = envFile.link === 'missing'
    return [
      {
        severity: 'warning',
        sentence: `.env is ${isFree ? 'missing' : 'not the link to state/deployment_state.env'}, so \`docker compose\` does not know what was released. Visitors are not concerned.`,
        remedy: isFree
          ? '--fix makes the link.'
          : 'Move your settings from .env to app.env or switchyard.env, remove it, and run the doctor again.',
        mend: isFree ? ({ place }) => linkEnvFile(place.paths) : null,
      },
    ]
  },
}
