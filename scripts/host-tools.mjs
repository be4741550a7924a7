// Debian's own programs that tests and benchmarks need beside Docker. Plain JavaScript for the host's own Node.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** A browser for tests to drive, where `CHROMIUM` names no other; false where none could be installed. */
export const ensureChromium = () => ensure('chromium', [process.env.CHROMIUM ?? '/usr/bin/chromium'])

/** `ip`, to make a machine of its own for a browser, or for a Docker that may be killed. */
export const ensureNetworkTools = () =>
  ensure('iproute2', ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'])

/** The library by which a test moves the clock of one process, and no other's. */
export const ensureFaketime = () =>
  ensure('libfaketime', [
    '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
    '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  ])

function ensure(name, paths) {
  if (paths.some((path) => existsSync(path))) return true
  console.log(`\nInstalling ${name} from Debian's packages`)
  return apt('update', '-qq') && apt('install', '-y', '-qq', '--no-install-recommends', name)
}

function apt(...args) {
  const { status, error } = spawnSync('apt-get', args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (error) console.error(`apt-get could not be started: ${error.message}`)
  return status === 0
}
