import { access, constants, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, type Writable } from 'node:stream'
import { ReleaseError } from '../release/errors.ts'
import type { LogSink } from '../release/ports.ts'
import { endedBadly } from './building/ending.ts'
import {
  CommandFailure,
  type CommandResult,
  failureOf,
  lastLines,
  runCommand,
  throwIfAborted,
} from './command.ts'
import { unreachableByLines } from './engine.ts'
import type { Project } from './project.ts'
import type { Redact } from './redact.ts'
import type { Archive } from './source/build-context.ts'

const DETAIL_LINES = 30
const MAX_INSTRUCTION_LENGTH = 120

export type ImageBuild = {
  /** The files to build; asked for once. */
  archive(): Archive
  /** A stage of Dockerfile.runtime. */
  target: string
  /** Null: the image gets no name. */
  tag: string | null
  buildArguments: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
  /** Path by id; those that do not exist are left out. */
  secrets: Readonly<Record<string, string>>
  timeoutMs: number
}

/**
 * Builds a stage of Dockerfile.runtime and answers with the image's id.
 * Aborting `signal` ends archive and build before this throws. Throws `build-failed` and `build-killed` (facts: `reason`;
 * detail: last lines), `docker-unreachable`, `aborted`.
 */
export async function buildImage(
  project: Project,
  build: ImageBuild,
  redact: Redact,
  log: LogSink,
  signal: AbortSignal,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'switchyard-build-'))
  try {
    const idFile = join(directory, 'image-id')
    const { code, lines } = await piped(
      project,
      build,
      await buildxArgv(build, idFile),
      (line) => log(redact(line)),
      signal,
    )
    if (code !== 0) throw unreachableByLines(lines) ?? notBuilt(lines, code, redact)
    return (await readFile(idFile, 'utf8')).trim()
  } catch (cause) {
    if (cause instanceof ReleaseError) throw cause
    const { reason, lines } = failureOf(cause)
    throw failed(reason, lines, redact, cause)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/**
 * The archive's program and buildx at once. A failing archive stops the build, which would else go on with half of it;
 * a failing build breaks the archive's pipe, and its own words are the ones that count.
 */
async function piped(
  project: Project,
  { archive: archiveFrom, timeoutMs }: ImageBuild,
  argv: [string, ...string[]],
  log: LogSink,
  signal: AbortSignal,
): Promise<CommandResult> {
  const failure = new AbortController()
  const archive = new PassThrough()
  const common = { cwd: project.directory, env: project.environment, timeoutMs, log }
  const written = runCommand({ ...common, ...archiveFrom(), stdout: archive, signal })
    .then((result) => refuseIncomplete(result, archive))
    .catch((cause: unknown) => failure.abort(cause))
  const building = runCommand({
    ...common,
    argv,
    stdin: archive,
    signal: AbortSignal.any([signal, failure.signal]),
  }).finally(() => archive.destroy())
  const [built] = await Promise.allSettled([building, written])
  throwIfAborted(signal)
  if (failure.signal.aborted) throw failure.signal.reason
  if (built.status === 'rejected') throw built.reason
  return built.value
}

/**
 * tar's 1 is a file that changed while it was read: the build has it as it was then. An archive that nobody read to
 * its end says nothing of its program, which the broken pipe has ended.
 */
function refuseIncomplete({ code, lines }: CommandResult, archive: Writable): void {
  if (code <= 1 || !archive.writableFinished) return
  throw new CommandFailure(
    `the files to build could not be read: ${lines.at(-1) ?? `exit code ${code}`}`,
    lines,
  )
}

async function buildxArgv(build: ImageBuild, idFile: string): Promise<[string, ...string[]]> {
  const secrets = await Promise.all(
    Object.entries(build.secrets).map(async ([id, path]) =>
      (await isReadable(path)) ? [`--secret=id=${id},src=${path}`] : [],
    ),
  )
  const pairs = (option: string, values: Readonly<Record<string, string>>): string[] =>
    Object.entries(values).map(([name, value]) => `--${option}=${name}=${value}`)
  return [
    'docker',
    'buildx',
    'build',
    '--builder=default',
    '--file=Dockerfile.runtime',
    `--target=${build.target}`,
    '--provenance=false',
    '--progress=plain',
    `--iidfile=${idFile}`,
    ...(build.tag === null ? [] : [`--tag=${build.tag}`]),
    ...pairs('build-arg', build.buildArguments),
    ...pairs('label', build.labels),
    ...secrets.flat(),
    '-',
  ]
}

export async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}

function failed(reason: string, lines: readonly string[], redact: Redact, cause?: unknown): ReleaseError {
  return new ReleaseError(
    'build-failed',
    { reason: redact(reason) },
    { cause, detail: redact(failureDetail(lines)) },
  )
}

/** An instruction that was killed or found no disk or network says more by its lines than by its exit code. */
function notBuilt(lines: readonly string[], code: number, redact: Redact): ReleaseError {
  const step = failedStep(lines)
  if (step === null) return failed(buildProblem(lines, code), lines, redact)
  const own = failureDetail(lines)
  return endedBadly(
    {
      program: `\`${redact(step.program)}\``,
      code: step.code,
      isOutOfMemory: false,
      memoryBytes: null,
      lines: [...own.split('\n'), ...lines.slice(-3)],
    },
    redact(own),
  )
}

/**
 * The last lines of the step that failed, as its program wrote them: without BuildKit's prefixes, without the part that it
 * repeats at the end, and without what Next says for stack frames that it has left out or does not know. A step that wrote nothing is named.
 */
export function failureDetail(lines: readonly string[]): string {
  const end = lines.findLastIndex((line) => STEP_ERROR.test(line))
  const step = STEP_ERROR.exec(lines[end] ?? '')?.[1]
  if (step === undefined) return lastLines(lines, DETAIL_LINES).replaceAll(OUTPUT_PREFIX, '')
  const own = lines.slice(0, end).filter((line) => line.startsWith(`${step} `))
  const written = own
    .filter((line) => line.search(OUTPUT_PREFIX) === 0)
    .map((line) => line.replace(OUTPUT_PREFIX, ''))
    .filter((line) => !LEFT_OUT_FRAMES.test(line))
    .filter((line, i, all) => line !== '' || (i > 0 && all[i - 1] !== ''))
  const shown = written.length > 0 ? written : own.map((line) => line.slice(step.length + 1))
  return lastLines(shown, DETAIL_LINES).trimEnd()
}

const STEP_ERROR = /^(#\d+) ERROR: /
/** Before each line that a program writes: its step, and the seconds since that began. An empty line ends with them. */
const OUTPUT_PREFIX = /^#\d+ \d+\.\d+(?: |$)/gm
const LEFT_OUT_FRAMES = /^\s*at (?:ignore-listed frames|<unknown> \(.*\))$/

/** Which instruction failed, from BuildKit's last lines, else those lines' own error. Docker 20.10 words it in another way than later ones. */
export function buildProblem(lines: readonly string[], code: number): string {
  const error = lines.findLast((line) => /^ERROR: /i.test(line))
  if (error === undefined) return `docker buildx ended with exit code ${code}`
  const step = failedStep(lines)
  if (step === null) return error.replace(FRAME, '').replaceAll(MOUNT_PATH, '').replace(/\.$/, '')
  return `\`${step.program}\` ended with exit code ${step.code}`
}

function failedStep(lines: readonly string[]): { program: string; code: number } | null {
  const error = lines.findLast((line) => /^ERROR: /i.test(line)) ?? ''
  const step = FAILED_STEP.exec(error)
  if (!step) return null
  const [, later, earlier, exitCode] = step
  // The program of an instruction that a signal ended has no exit code in some versions of Docker.
  return { program: shortened(later ?? earlier ?? ''), code: exitCode === undefined ? 137 : Number(exitCode) }
}

const FAILED_STEP =
  /(?:process "(?:\/bin\/sh -c )?(.*)" did not complete successfully|executor failed running \[(?:\/bin\/sh -c )?(.*)\]): (?:exit code: (\d+)|.*signal: killed)/
const FRAME = /^ERROR: (rpc error: code = \w+ desc = |failed to (solve|build)( with frontend [\w.]+)?: )*/i
const MOUNT_PATH = /\/\S+\/buildkit-mount\d+\//g

/** The last program of a long RUN line is the one that matters; what comes before sets its stage. */
function shortened(instruction: string): string {
  const text = instruction.replaceAll(/\s+/g, ' ').trim()
  if (/(?:^|; )npm ci --cache \/npm-cache /.test(text)) return 'npm ci'
  // Whoever deploys has written an app for `next build`, and no line of the script that starts it.
  if (/(?:^|\s)node (?:\S+ )*scripts\/build\.mjs$/.test(text)) return 'next build'
  if (text.length <= MAX_INSTRUCTION_LENGTH) return text
  const last = text.split(/; | && /).at(-1) ?? text
  return `… ${last.slice(-MAX_INSTRUCTION_LENGTH)}`
}
