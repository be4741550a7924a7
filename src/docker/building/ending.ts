import { constants } from 'node:os'
import prettyBytes from 'pretty-bytes'
import { ReleaseError } from '../../release/errors.ts'

/** How a program of a build ended. */
export type Ending = {
  /** As it is called for people: `next build`. */
  program: string
  /** 128 and more: ended by that signal. */
  code: number
  /** The kernel ended a process of it for its memory limit. */
  isOutOfMemory: boolean
  /** What it may have of memory; null without a limit of its own. */
  memoryBytes: number | null
  /** The last lines that it wrote. */
  lines: readonly string[]
}

type Verdict = { code: 'build-killed' | 'build-failed'; reason: string; help?: string }

/** The error of a program that ended badly: killed, short of disk or network, or of its own. `detail` is what it wrote. */
export function endedBadly(ending: Ending, detail: string): ReleaseError {
  const { code, reason, help } = verdictOf(ending)
  return new ReleaseError(code, help === undefined ? { reason } : { reason, help }, { detail })
}

const OWN_LIMIT =
  'have the build need less, as docs/builds.md says, or give it more with BUILD_MEMORY in switchyard.env and `npm run up`; then deploy again.'
const MACHINE_LIMIT =
  'have it need less, as docs/builds.md says, or run it where there is more memory; then deploy again.'

const lessMemory = ({ memoryBytes }: Ending): string => (memoryBytes === null ? MACHINE_LIMIT : OWN_LIMIT)

/** A build that took longer than it may. */
export function tookTooLong(minutes: string): ReleaseError {
  return new ReleaseError('build-killed', {
    reason: `it took longer than ${minutes}`,
    help: 'Look at what its last lines wait for, or build where there is more processor and deploy the image; then deploy again.',
  })
}

export function verdictOf(ending: Ending): Verdict {
  return forMemory(ending) ?? forDisk(ending) ?? bySignal(ending) ?? forNetwork(ending) ?? byItself(ending)
}

const HEAP = /JavaScript heap out of memory|Reached heap limit|ERR_WORKER_OUT_OF_MEMORY/

function forMemory(ending: Ending): Verdict | null {
  const { program, isOutOfMemory, memoryBytes, lines } = ending
  const limit =
    memoryBytes === null ? null : `the ${prettyBytes(memoryBytes, { binary: true })} that a build may have`
  const help = `The source need not be wrong: ${lessMemory(ending)}`
  if (isOutOfMemory) {
    const reason = `${program} needed more memory than ${limit ?? 'it may have'}`
    return { code: 'build-killed', reason, help }
  }
  if (!lines.some((line) => HEAP.test(line))) return null
  const reason = `${program} ran out of memory for JavaScript${limit === null ? '' : `, of ${limit}`}`
  return { code: 'build-killed', reason, help }
}

function forDisk({ program, lines }: Ending): Verdict | null {
  const said = lines.findLast((line) =>
    /ENOSPC|no space left on device|disk quota exceeded|EDQUOT/i.test(line),
  )
  if (said === undefined) return null
  return {
    code: 'build-failed',
    reason: `${program} found the disk full`,
    help: 'Free space with `switchyard prune` and `docker builder prune`, then deploy again; the source need not change.',
  }
}

const CHILD =
  /(?:exited with code: (?:null|undefined) and signal: |terminated due to |was killed by |signal: )(SIG[A-Z]+|killed)\b/

function bySignal(ending: Ending): Verdict | null {
  const { program, code, lines } = ending
  const child = lines.flatMap((line) => CHILD.exec(line)?.[1] ?? []).at(-1)
  const signal = nameOf(code) ?? (child === 'killed' ? 'SIGKILL' : child)
  if (signal === undefined) return null
  const help = `Run it again; if it is ended again, ${lessMemory(ending)}`
  if (signal !== 'SIGKILL') return { code: 'build-killed', reason: `${program} was ended by ${signal}`, help }
  return {
    code: 'build-killed',
    reason: `${program} was ended by SIGKILL, as Linux does where the machine has no memory left, or somebody`,
    help,
  }
}

function nameOf(code: number): string | undefined {
  if (code <= 128) return undefined
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0]
}

const NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ENETDOWN|ERR_SOCKET_TIMEOUT|UND_ERR_CONNECT_TIMEOUT)\b/
const LAST = 40

/** The lines say what the program met; whether it ended for it only npm says. */
function forNetwork({ program, code, lines }: Ending): Verdict | null {
  const last = lines.slice(-LAST)
  const said = last.findLast(
    (line) => NETWORK.test(line) && /npm (?:error|ERR!)|getaddrinfo|connect /.test(line),
  )
  const problem = NETWORK.exec(said ?? '')?.[1]
  if (problem === undefined) return null
  const place = last.flatMap((line) => placeIn(line) ?? []).at(-1) ?? 'the network'
  return {
    code: 'build-failed',
    reason: `${program} ended with exit code ${code} and did not reach ${place} (${problem})`,
    help: 'Check the network and the names (DNS) of this machine, and the registry in .npmrc, then deploy again; the source need not change.',
  }
}

function placeIn(line: string): string | undefined {
  if (!NETWORK.test(line)) return undefined
  return (
    /request to https?:\/\/([^/\s]+)/.exec(line)?.[1] ??
    /(?:ENOTFOUND|EAI_AGAIN) ([\w.-]+\.[\w.-]+)/.exec(line)?.[1] ??
    /(?:connect \w+|ETIMEDOUT|ECONNREFUSED) (\[?[\da-fA-F:.]+\]?:\d+)/.exec(line)?.[1]
  )
}

function byItself({ program, code }: Ending): Verdict {
  return { code: 'build-failed', reason: `${program} ended with exit code ${code}` }
}
