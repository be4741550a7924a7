import { inPlace, renamed } from './careless.ts'
import { envFile } from './env-file.ts'
import { identity } from './identity.ts'
import { journal } from './journal.ts'
import { releaseLog } from './release-log.ts'
import { rollbackScript } from './rollback-script.ts'
import { routing } from './routing.ts'
import { setUp } from './set-up.ts'
import type { Subject } from './subject.ts'

/** Everything durable below `state/` and `nginx/live/`, each alone: a sync of one file would save what another forgot. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  journal,
  routing,
  'env-file': envFile,
  identity,
  'rollback-script': rollbackScript,
  'set-up': setUp,
  'release-log': releaseLog,
}

/** Must be damaged by most of the cuts. */
export const CARELESS: Readonly<Record<string, Subject>> = {
  'in-place': inPlace,
  renamed,
}

export function subjectNamed(name: string): Subject {
  const found = SUBJECTS[name] ?? CARELESS[name]
  if (!found) throw new Error(`There is no subject "${name}": ${Object.keys(SUBJECTS).join(', ')}.`)
  return found
}
