/** What set-up takes from the environment that it was started in. */
export type HostEnvironment = {
  /** All of it, for programs that run on the host: proxies, certificates, locale. */
  variables: Readonly<Record<string, string>>
  /** Files of certificates that this machine's programs are told to trust, the most particular first. */
  trustedBundles: readonly string[]
  isDumbTerminal: boolean
  hasColour: boolean
  /** Where the host's own command is installed: `bin`, `lib` and `share` below it. */
  commandPrefix: string
  /** Who asked, for display: sudo hides it behind root. */
  user: string
}

/** Where distributions keep the certificates that they trust. */
const SYSTEM_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt']

/** Reads this process's environment. */
export function hostEnvironment(): HostEnvironment {
  const { env } = process
  const named = [env.NODE_EXTRA_CA_CERTS, env.SSL_CERT_FILE].flatMap((path) => (path ? [path] : []))
  return {
    variables: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    trustedBundles: [...named, ...SYSTEM_BUNDLES],
    isDumbTerminal: env.TERM === 'dumb',
    hasColour: !env.NO_COLOR,
    commandPrefix: env.SWITCHYARD_PREFIX ?? '/usr/local',
    user: env.SUDO_USER ?? env.USER ?? 'root',
  }
}
