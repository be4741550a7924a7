import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../../release/errors.ts'

const LENGTH_FLOOR = 32

/**
 * The secret that signs session cookies, from `STATE/secrets/auth.key`. There is no fallback:
 * throws a sentence for whoever starts the director when the file is missing or too short.
 */
export function readSecret(stateDir: string): string {
  const path = join(stateDir, 'secrets', 'auth.key')
  const secret = readKey(path)
  if (secret.length >= LENGTH_FLOOR) return secret
  throw new Error(
    `The secret in ${path} has ${secret.length} characters, at least ${LENGTH_FLOOR} are needed. Remove it and run \`npm run up\`, which makes a new one; every operator has to sign in again.`,
  )
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new Error(
      `The secret ${path} can't be read (${reasonOf(cause)}). Run \`npm run up\`, which makes it where it is missing.`,
      { cause },
    )
  }
}
