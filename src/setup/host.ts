import { access, readFile } from 'node:fs/promises'
import { parseEnv } from '../state/env-file.ts'
import { SetupFailure } from './failure.ts'

/** What this machine is, as far as set-up minds. */
export type Host = {
  /** `PRETTY_NAME` of os-release, for people. */
  name: string
  /** Whether Docker Engine can be installed from the distribution's own packages. */
  hasApt: boolean
  /** Whether systemd runs here and starts services. */
  hasInit: boolean
}

const SUPPORTED = 'Debian 12 and 13, Ubuntu 22.04 and 24.04'

/** Looks at the machine. Throws `SetupFailure` where the system can't run on it at all. */
export async function inspectHost(): Promise<Host> {
  if (process.platform !== 'linux') {
    throw new SetupFailure(
      `Switchyard runs on Linux; this is ${process.platform}.`,
      `Run it on a Linux server or virtual machine (${SUPPORTED} are set up by themselves).`,
    )
  }
  if (process.arch !== 'x64' && process.arch !== 'arm64') {
    throw new SetupFailure(
      `Switchyard runs on x64 and arm64; this machine is ${process.arch}.`,
      'Use a machine of one of these kinds.',
    )
  }
  if (process.getuid?.() !== 0) {
    throw new SetupFailure(
      'Setting up containers, their files and their network needs root.',
      'Run the same command with sudo, for example `sudo npm run up`.',
    )
  }
  const release = parseEnv(await readFile('/etc/os-release', 'utf8').catch(() => ''))
  const family = `${release.get('ID') ?? ''} ${release.get('ID_LIKE') ?? ''}`.split(' ')
  const isDebianLike = family.includes('debian') || family.includes('ubuntu')
  return {
    name: release.get('PRETTY_NAME') ?? 'This system',
    hasApt: isDebianLike && (await exists('/usr/bin/apt-get')),
    hasInit: await exists('/run/systemd/system'),
  }
}

/** Whether anything is at `path`. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
