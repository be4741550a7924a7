import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { confirm } from './ask.ts'
import { runOnHost, saidBy } from './command.ts'
import { refreshPackageLists } from './deb-packages.ts'
import { SetupFailure } from './failure.ts'
import { exists, type Host } from './host.ts'
import type { Progress, Say } from './progress.ts'

const INSTALL_TIMEOUT_MS = 10 * 60_000
const START_TIMEOUT_MS = 30_000
const POLL_EVERY_MS = 200
const DAEMON_PATHS = ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd']

/** Installs `docker.io` from the distribution, after asking on a terminal. Does nothing where a daemon is installed. */
export async function installDocker(host: Host, progress: Progress, isAgreed: boolean): Promise<void> {
  if ((await daemonPath()) !== null) return
  if (!host.hasApt) {
    throw new SetupFailure(
      `Docker Engine is not installed, and ${host.name} is not one that it is installed on by itself.`,
      'Install Docker Engine 20.10 or newer (https://docs.docker.com/engine/install/), start it, then run the command again. Nothing else is needed on this machine.',
    )
  }
  const packages = await dockerPackages(host)
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`
  if (!isAgreed) {
    const question = `Docker Engine is not installed. Install it now (${command})?`
    if (!(await confirm(question, { isYesByDefault: true, withoutTerminal: true }))) {
      throw new SetupFailure(
        'Docker Engine is not installed.',
        `Install it with \`${command}\`, then run the command again.`,
      )
    }
  }
  progress.note(`Docker Engine is missing: installing it from ${host.name}'s packages (${command}).`)
  await progress.step('Install Docker Engine', (say) => aptInstall(packages, say))
}

/**
 * Starts the daemon and waits until it answers. Under systemd by its service, else as a process of its own; answers where
 * that one's log is.
 */
export async function startDocker(
  host: Host,
  docker: Docker,
  logs: string,
  say: Say,
): Promise<string | null> {
  const logPath = join(logs, 'dockerd.log')
  if (host.hasInit) {
    say('systemctl start docker')
    await runOnHost(['systemctl', 'enable', '--now', 'docker'], { timeoutMs: START_TIMEOUT_MS }).catch(
      (cause) => {
        throw new SetupFailure(
          'The docker service does not start.',
          'Look at `journalctl -u docker`, mend it, then run the command again.',
          {
            cause,
            detail: saidBy(cause),
          },
        )
      },
    )
  } else {
    await ensureControlGroups(say)
    await startDaemonAlone(logs, logPath)
  }
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  while (!(await answers(docker))) {
    if (performance.now() > deadlineMs) {
      throw new SetupFailure(
        `Docker was started but did not answer within ${START_TIMEOUT_MS / 1000} s.`,
        'Mend what its log names, then run the command again.',
        { detail: await lastOf(logPath) },
      )
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS))
  }
  return host.hasInit ? null : logPath
}

/** Whether a daemon answers on the socket. */
export async function answers(docker: Docker): Promise<boolean> {
  return docker.ping().then(
    () => true,
    () => false,
  )
}

// AppArmor's loader is only recommended by the package, yet no container starts without it where the kernel enforces it.
async function dockerPackages(host: Host): Promise<string[]> {
  const enforced = await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => 'N')
  return enforced.startsWith('Y') && host.hasInit ? ['docker.io', 'apparmor'] : ['docker.io']
}

async function aptInstall(packages: readonly string[], say: Say): Promise<void> {
  const argv: [string, ...string[]] = [
    'apt-get',
    'install',
    '-y',
    '-q',
    '--no-install-recommends',
    ...packages,
  ]
  const install = () =>
    runOnHost(argv, {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: INSTALL_TIMEOUT_MS,
      onLine: say,
    })
  say('refreshing the package lists')
  await refreshPackageLists()
  await install().catch((cause) => {
    throw new SetupFailure(
      'Docker Engine could not be installed.',
      `Mend what apt says, or install Docker Engine yourself, then run the command again.`,
      { cause, detail: saidBy(cause) },
    )
  })
}

/** Where there is no init system, nobody may have mounted what containers' limits are made with. */
async function ensureControlGroups(say: Say): Promise<void> {
  const mounts = await readFile('/proc/mounts', 'utf8')
  if (mounts.split('\n').some((line) => /^\S+ \/sys\/fs\/cgroup(\/\S+)? cgroup2? /.test(line))) return
  say('mounting /sys/fs/cgroup')
  await runOnHost(['mount', '-t', 'cgroup2', 'cgroup2', '/sys/fs/cgroup'], { timeoutMs: 10_000 }).catch(
    (cause) => {
      throw new SetupFailure(
        'Control groups are not mounted on /sys/fs/cgroup, and could not be mounted: without them Docker runs no container.',
        'Mount them (`mount -t cgroup2 cgroup2 /sys/fs/cgroup`; in a container this needs privileges), then run the command again.',
        { cause, detail: saidBy(cause) },
      )
    },
  )
}

async function startDaemonAlone(logs: string, logPath: string): Promise<void> {
  const daemon = await daemonPath()
  if (daemon === null) throw new Error('dockerd is not installed.')
  await mkdir(logs, { recursive: true })
  const log = openSync(logPath, 'a', 0o600)
  spawn(daemon, [], { cwd: '/', detached: true, stdio: ['ignore', log, log] }).unref()
}

async function daemonPath(): Promise<string | null> {
  for (const path of DAEMON_PATHS) if (await exists(path)) return path
  return null
}

async function lastOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.split('\n').slice(-15).join('\n')
}
