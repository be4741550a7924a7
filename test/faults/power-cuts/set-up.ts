import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readSettings } from '../../../src/config/settings.ts'
import { readSecret } from '../../../src/director/identity/secret.ts'
import { ADMIN_FILE, renderAdmin, writeAdmin } from '../../../src/nginx/admin.ts'
import { parseReload, RELOAD_FILE, raiseReloadNumber } from '../../../src/nginx/reload-number.ts'
import { pathsOf } from '../../../src/setup/paths.ts'
import { linkEnvFile, prepareState } from '../../../src/setup/state-directory.ts'
import { writeEnvFile } from '../../../src/setup/write-env.ts'
import { readEnvFile } from '../../../src/state/env-file.ts'
import { adminOf } from '../../../src/topology/addresses.ts'
import { bad, type Damage, subject } from './subject.ts'

const IMAGES = { node: 'node:26', nginx: 'nginx:1.30', tools: 'tools:1', director: 'director:1' }
const PREFIXES = { control: '172.30.42', primary: '172.30.43', secondary: '172.30.44' } as const
const ADMIN = adminOf(PREFIXES)

/** The first set-up of one clone after the other. A word is a clone that is ready, with its secret. */
export const setUp = subject({
  word: z.object({ clone: z.string(), secret: z.string() }),
  write: async (root, acknowledge, pause) => {
    const settings = readSettings(new Map(), {})
    if (!settings.ok) throw new Error(settings.problems.join('\n'))
    for (let number = readdirSync(root).length; ; number++) {
      const clone = `clone-${number}`
      const paths = pathsOf(join(root, clone))
      mkdirSync(paths.directory)
      await prepareState(paths)
      await writeEnvFile(paths, settings.settings, PREFIXES, IMAGES)
      await linkEnvFile(paths)
      await writeAdmin(paths.nginxLive, ADMIN)
      await raiseReloadNumber(paths.nginxLive)
      acknowledge({ clone, secret: readSecret(paths.state) })
      await pause()
    }
  },
  check: async (root, words) => {
    const damage: Damage[] = []
    for (const clone of readdirSync(root)) damage.push(...(await torn(root, clone)))
    for (const { clone, secret } of words) damage.push(...(await missing(root, clone, secret)))
    return damage
  },
})

/** What is there is whole, also where set-up had not ended. */
async function torn(root: string, clone: string): Promise<Damage[]> {
  const paths = pathsOf(join(root, clone))
  if (existsSync(paths.authKey)) readSecret(paths.state)
  const env = await readEnvFile(paths.envFile)
  const network = textIn(join(paths.nginxLive, ADMIN_FILE))
  const reload = textIn(join(paths.nginxLive, RELOAD_FILE))
  return [
    ...(env.size === 0 || env.get('DIRECTOR_IMAGE') === IMAGES.director
      ? []
      : bad(`${clone} has half an env file`)),
    ...(network === null || network === renderAdmin(ADMIN) ? [] : bad(`${clone} has half an admin.conf`)),
    ...(reload === null || parseReload(reload) === 1 ? [] : bad(`${clone} has half a reload.conf`)),
  ]
}

async function missing(root: string, clone: string, secret: string): Promise<Damage[]> {
  const paths = pathsOf(join(root, clone))
  const files = [
    paths.authKey,
    paths.envFile,
    join(paths.nginxLive, ADMIN_FILE),
    join(paths.nginxLive, RELOAD_FILE),
  ]
  const absent = files.filter((file) => !existsSync(file))
  const isKept = absent.length === 0 && readSecret(paths.state) === secret
  return isKept ? [] : [{ kind: 'lost', words: `${clone} lacks ${absent.join(', ') || 'its secret'}` }]
}

function textIn(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}
