/** What runs: nginx's own version, and the package's where the container has one (dpkg), such as `1.22.1-9+deb12u11`. */
export type NginxRevision = { version: string; package: string | null }

type Fault = {
  id: string
  /** The first stable and the first mainline version without it. */
  mended: readonly [stable: string, mainline: string]
  /** The first revisions of Debian's packages, by what they are built on. */
  debian: Readonly<Record<string, string>>
}

/**
 * Overflows by the script engine, which evaluates the variables of a string twice: what a `map` with a regular expression, a capture
 * or `rewrite` can bring about. From nginx.org/en/security_advisories.html and the changelogs of Debian's packages, November 2026. The
 * rules in nginx/ bring none of them about in any version (test/unit/nginx-strings.test.ts); rules of the user's may.
 */
const FAULTS: readonly Fault[] = [
  {
    id: 'CVE-2026-42945',
    mended: ['1.30.1', '1.31.0'],
    debian: { '1.22.1-9+deb12': 'u7', '1.26.3-3+deb13': 'u5' },
  },
  {
    id: 'CVE-2026-9256',
    mended: ['1.30.2', '1.31.1'],
    debian: { '1.22.1-9+deb12': 'u8', '1.26.3-3+deb13': 'u6' },
  },
  {
    id: 'CVE-2026-42533',
    mended: ['1.30.4', '1.31.3'],
    // deb13u8 had a part of it.
    debian: { '1.22.1-9+deb12': 'u10', '1.26.3-3+deb13': 'u9' },
  },
  {
    id: 'CVE-2026-93479',
    mended: ['1.30.6', '1.31.7'],
    debian: { '1.22.1-9+deb12': 'u11', '1.26.3-3+deb13': 'u10' },
  },
]

/** The faults that `revision` still has, as far as versions tell. */
export function knownFaults(revision: NginxRevision): string[] {
  return FAULTS.filter((fault) => !isMended(fault, revision)).map(({ id }) => id)
}

/** `nginx 1.26.3 (package 1.26.3-3+deb13u10)`. */
export function revisionWords({ version, package: name }: NginxRevision): string {
  return `nginx ${version}${name === null ? '' : ` (package ${name})`}`
}

function isMended({ mended, debian }: Fault, revision: NginxRevision): boolean {
  const [stable, mainline] = mended
  if (numbersOf(revision.version)[1] === numbersOf(mainline)[1]) return isAtLeast(revision.version, mainline)
  if (isAtLeast(revision.version, stable)) return true
  const [base = '', mend = ''] = (revision.package ?? '').split(/(?=u\d+$)/)
  const since = debian[base]
  return since !== undefined && Number(mend.slice(1)) >= Number(since.slice(1))
}

function isAtLeast(version: string, other: string): boolean {
  const [ours, theirs] = [numbersOf(version), numbersOf(other)]
  for (const [place, wanted] of theirs.entries()) {
    const has = ours[place] ?? 0
    if (has !== wanted) return has > wanted
  }
  return true
}

const numbersOf = (version: string): number[] => version.split('.').map(Number)
