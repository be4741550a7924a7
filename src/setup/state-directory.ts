import { randomBytes } from 'node:crypto'
import { chmod, chown, lstat, mkdir, readFile, readlink, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hostEnvironment } from '../config/host-environment.ts'
import { SLOTS } from '../release/slot.ts'
import { replaceDurably } from '../state/durable-file.ts'
import { SetupFailure } from './failure.ts'
import { exists } from './host.ts'
import type { Paths } from './paths.ts'

/** `user` of the slots and of nginx in the compose file. */
const RUNTIME_ID = 1_000
/** What the director takes (`director/identity/secret.ts`). */
const LEAST_KEY_LENGTH = 32
export const ENV_LINK_TARGET = join('state', 'deployment_state.env')

/** Makes every directory and secret that is missing, with owners and modes as compose's users need them. Changes nothing that is right. */
export async function prepareState(paths: Paths): Promise<void> {
  await makeDirectory(paths.state, 0o755, 0, 0)
  await makeDirectory(paths.logs, 0o755, 0, 0)
  await makeDirectory(join(paths.state, 'assets'), 0o755, 0, 0)
  await makeDirectory(join(paths.state, 'traffic'), 0o755, RUNTIME_ID, RUNTIME_ID)
  await makeDirectory(join(paths.state, 'run'), 0o755, 0, 0)
  await makeDirectory(join(paths.state, 'run', 'host'), 0o700, 0, 0)
  for (const slot of SLOTS) await makeDirectory(join(paths.state, 'run', slot), 0o750, 0, RUNTIME_ID)
  await makeDirectory(join(paths.state, 'preload'), 0o755, 0, 0)
  await makeDirectory(paths.secrets, 0o700, 0, 0)
  await makeDirectory(paths.nginxLive, 0o755, 0, 0)
  await makeDirectory(join(paths.nginxLive, 'told'), 0o755, 0, 0)
  await makeAuthKey(paths.authKey)
  await copyCaBundle(paths.caBundle)
}

/** Makes `.env` a link to the file that the engine keeps, for compose alone. Throws `SetupFailure` where something else is called so. */
export async function linkEnvFile(paths: Paths): Promise<void> {
  const found = await lstat(paths.envLink).catch(() => null)
  if (found === null) {
    await symlink(ENV_LINK_TARGET, paths.envLink)
    return
  }
  if (found.isSymbolicLink() && (await readlink(paths.envLink)) === ENV_LINK_TARGET) return
  throw new SetupFailure(
    'There is a file called .env here, but compose takes the live images from a link of that name.',
    'Move your settings: those of the app to app.env (run time) or app.build.env (build), those of Switchyard to switchyard.env. Then remove .env and run the command again.',
  )
}

async function makeDirectory(path: string, mode: number, userId: number, groupId: number): Promise<void> {
  await mkdir(path, { recursive: true })
  await chown(path, userId, groupId)
  await chmod(path, mode)
}

/** Signs sessions; made once, since another one signs everybody out. One that was cut short signs nothing. */
async function makeAuthKey(path: string): Promise<void> {
  const key = await readFile(path, 'utf8').catch(() => '')
  if (key.trim().length >= LEAST_KEY_LENGTH) return
  await replaceDurably(path, `${randomBytes(32).toString('hex')}\n`, 0o600)
}

/** Builds trust what this machine trusts: its bundle is theirs as a build secret, in no image. */
async function copyCaBundle(target: string): Promise<void> {
  for (const bundle of hostEnvironment().trustedBundles) {
    if (!(await exists(bundle))) continue
    const [before, wanted] = await Promise.all([readFile(target).catch(() => null), readFile(bundle)])
    if (before === null || !before.equals(wanted)) await replaceDurably(target, wanted)
    return
  }
}
