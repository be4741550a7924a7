import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { runOnHost, saidBy } from './command.ts'
import { unpackPackages } from './deb-packages.ts'
import { SetupFailure } from './failure.ts'
import { DEBIAN_MIRROR } from './image-names.ts'
import type { Say } from './progress.ts'

const BOOTSTRAP_TIMEOUT_MS = 10 * 60_000

/**
 * What would only fill a container: documentation, translations, manuals. Copyright files stay. Removed at the end:
 * excluded from unpacking, mmdebstrap would need a program in Python, which a minimal host lacks.
 */
const CLEANING = [
  'find "$1/usr/share/doc" -type f ! -name copyright -delete',
  'rm -rf "$1/usr/share/man" "$1/usr/share/info" "$1/usr/share/locale"',
]

/** How mmdebstrap is started: where its own packages lie, or null when the host has it. */
export type Bootstrapper = { unpackedIn: string | null; env: Record<string, string> }

/** mmdebstrap of the host, or else unpacked into `directory` with the parts of Perl that a minimal system lacks. */
export async function findBootstrapper(directory: string, say: Say): Promise<Bootstrapper> {
  const isInstalled = await access('/usr/bin/mmdebstrap').then(
    () => true,
    () => false,
  )
  if (isInstalled) return { unpackedIn: null, env: {} }
  await unpackPackages(['mmdebstrap', 'debian-archive-keyring', ...(await perlPackages())], directory, say)
  const library = await runOnHost(['perl', '-MConfig', '-e', 'print "$Config{privlib}:$Config{archlib}"'], {
    timeoutMs: 10_000,
  })
  const perlPath = library
    .join('')
    .split(':')
    .map((path) => join(directory, path))
  return { unpackedIn: directory, env: { PERL5LIB: perlPath.join(':') } }
}

async function perlPackages(): Promise<string[]> {
  const version = await runOnHost(['perl', '-e', 'printf "%vd", $^V'], { timeoutMs: 10_000 })
  const series = version.join('').split('.').slice(0, 2).join('.')
  return [`perl-modules-${series}`, `libperl${series}`]
}

/** Makes a minimal Debian with `packages` as the tar file `target`. Throws `SetupFailure` with the last lines of what went wrong. */
export async function makeDebianRoot(
  bootstrapper: Bootstrapper,
  root: { suite: string; packages: readonly string[]; target: string; aptOptions?: readonly string[] },
  say: Say,
): Promise<void> {
  const { suite, packages, target, aptOptions = [] } = root
  const { unpackedIn } = bootstrapper
  const program = unpackedIn === null ? '/usr/bin/mmdebstrap' : join(unpackedIn, 'usr/bin/mmdebstrap')
  const keyring = join(unpackedIn ?? '/', 'usr/share/keyrings/debian-archive-keyring.gpg')
  const hasKeyring = await access(keyring).then(
    () => true,
    () => false,
  )
  const argv: [string, ...string[]] = [
    'perl',
    program,
    '--mode=root',
    '--variant=minbase',
    '--format=tar',
    `--include=${packages.join(',')}`,
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Retries "3"',
    ...aptOptions.map((option) => `--aptopt=${option}`),
    ...CLEANING.map((command) => `--customize-hook=${command}`),
    ...(hasKeyring ? [`--keyring=${keyring}`] : []),
    suite,
    target,
    DEBIAN_MIRROR,
  ]
  try {
    await runOnHost(argv, { env: bootstrapper.env, timeoutMs: BOOTSTRAP_TIMEOUT_MS, onLine: say })
  } catch (cause) {
    throw new SetupFailure(
      `A Debian system with ${packages.join(', ')} could not be made.`,
      `Check that this machine reaches ${DEBIAN_MIRROR}, or name images that it can pull with NODE_IMAGE and NGINX_IMAGE.`,
      { cause, detail: saidBy(cause) },
    )
  }
}
