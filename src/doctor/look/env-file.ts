import { lstat, readFile, readlink } from 'node:fs/promises'
import type { Paths } from '../../setup/paths.ts'
import { ENV_LINK_TARGET } from '../../setup/state-directory.ts'
import { isSoundEnv, parseEnv, readEnvCopy } from '../../state/env-file.ts'
import type { EnvFileSight } from '../seen.ts'

/** Reads the file that compose takes settings and images from, and the link by which a plain `docker compose` finds it. */
export async function lookAtEnvFile(paths: Paths): Promise<EnvFileSight> {
  const copy = await readEnvCopy(paths.envFile)
  const isCopied = copy !== ''
  const text = await readFile(paths.envFile, 'utf8').catch(() => null)
  if (text === null) return { kind: 'absent', isCopied }
  const isSound = isSoundEnv(text, copy)
  return { kind: 'read', values: parseEnv(text), link: await linkAt(paths.envLink), isSound, isCopied }
}

async function linkAt(path: string): Promise<'right' | 'missing' | 'other'> {
  const found = await lstat(path).catch(() => null)
  if (found === null) return 'missing'
  return found.isSymbolicLink() && (await readlink(path)) === ENV_LINK_TARGET ? 'right' : 'other'
}
