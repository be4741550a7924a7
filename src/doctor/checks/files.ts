import { chmod, chown } from 'node:fs/promises'
import { join } from 'node:path'
import { prepareState } from '../../setup/state-directory.ts'
import type { Bench } from '../bench.ts'
import type { Check, Finding } from '../finding.ts'
import type { FileSight } from '../look/files.ts'
import type { Seen } from '../seen.ts'
import { containerOf } from '../truth.ts'

/** The director refuses a shorter one. */
const KEY_LENGTH_FLOOR = 32
const KEY = 'state/secrets/auth.key'

export const files: Check = {
  name: 'files',
  about: 'directories, databases, secrets and sockets are there, with their owners and modes',
  fix: 'makes what is missing and sets owners and modes; starts the director anew where its socket is gone',
  isOfReleases: false,
  find: (seen) => [...seen.files.flatMap((file) => fileFinding(seen, file)), ...shortKey(seen)],
}

function fileFinding(seen: Seen, file: FileSight): Finding[] {
  const { path, found, need, kind } = file
  if (
    need === 'with-director' &&
    !seen.director.answers &&
    containerOf(seen, 'director')?.state !== 'running'
  )
    return []
  if (found === null) return need === 'optional' ? [] : [absent(seen, file)]
  if (found.kind !== kind) {
    return [
      {
        severity: 'warning',
        sentence: `${path} is not a ${kind}.`,
        remedy: 'Move it away, then run the doctor again.',
        mend: null,
      },
    ]
  }
  const wrong = differences(file)
  if (wrong.length === 0) return []
  return [
    {
      severity: 'warning',
      sentence: `${path} ${wrong.join(' and ')}: ${consequence(file)}.`,
      remedy: '--fix sets it right.',
      mend: ({ place }) => setRight(join(place.paths.directory, path), file),
    },
  ]
}

function absent(seen: Seen, { path, kind }: FileSight): Finding {
  if (kind === 'socket') {
    return {
      severity: 'warning',
      sentence: `${path} is missing though the director runs: ${path.includes('/host/') ? 'the command line' : 'the console'} does not reach it. Visitors are not concerned.`,
      remedy: '--fix starts the director anew, which makes it.',
      mend: (bench) => restartDirector(bench, seen),
    }
  }
  return {
    severity: 'warning',
    sentence: `${path} is missing${path === KEY ? ', which signs sessions: without it the director does not start' : ''}.`,
    remedy: `--fix makes it${path === KEY ? '; every operator has to sign in again' : ''}.`,
    mend: ({ place }) => prepareState(place.paths),
  }
}

async function restartDirector({ restart }: Bench, seen: Seen): Promise<void> {
  if (containerOf(seen, 'director') !== null) await restart('director')
}

function differences({ mode, userId, groupId, found }: FileSight): string[] {
  if (found === null) return []
  return [
    ...(found.mode === mode ? [] : [`has mode ${octal(found.mode)} instead of ${octal(mode)}`]),
    ...(found.userId === userId && found.groupId === groupId
      ? []
      : [`belongs to ${found.userId}:${found.groupId} instead of ${userId}:${groupId}`]),
  ]
}

function consequence({ mode, found }: FileSight): string {
  const isWider = found !== null && (found.mode & ~mode) !== 0
  return isWider ? 'others may use what is not theirs' : 'who needs it may not be able to use it'
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

async function setRight(path: string, { mode, userId, groupId }: FileSight): Promise<void> {
  await chown(path, userId, groupId)
  await chmod(path, mode)
}

function shortKey({ files: seen }: Seen): Finding[] {
  const found = seen.find(({ path }) => path === KEY)?.found
  if (!found || found.bytes >= KEY_LENGTH_FLOOR) return []
  return [
    {
      severity: 'warning',
      sentence: `${KEY} has ${found.bytes} characters, at least ${KEY_LENGTH_FLOOR} are needed: the director does not start with it.`,
      remedy:
        'Remove it, then run the doctor with --fix: a new one is made, and every operator has to sign in again.',
      mend: null,
    },
  ]
}
