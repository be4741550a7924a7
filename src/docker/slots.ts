import type Docker from 'dockerode'
import { ReleaseError } from '../release/errors.ts'
import type { LogSink, Slots } from '../release/ports.ts'
import type { SlotStart } from '../release/runtime.ts'
import type { Slot } from '../release/slot.ts'
import { failureOf, lastLines, runCommand, throwIfAborted } from './command.ts'
import { ask, dockerWords, statusCodeOf, unreachableByLines } from './engine.ts'
import { readContainerLog } from './logs.ts'
import { composeArgv, type Project, serviceOf } from './project.ts'
import { readRedaction } from './redact.ts'
import { findSlotContainer } from './slot-container.ts'
import { slotVariables, unreadEnvironments } from './slot-variables.ts'

/** Stopping the old container of the slot (30 s at most by the compose file) and starting the new one. */
const START_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 60_000
const DETAIL_LINES = 30
const MAX_TAIL_LINES = 200
const MAX_TAIL_LENGTH = 16 * 1024

export type SlotsOptions = { docker: Docker; project: Project }

/** The two slots as compose services of the project. */
export function dockerSlots({ docker, project }: SlotsOptions): Slots {
  return {
    inspect: (slot, signal) => findSlotContainer(docker, project, slot, signal),
    start: (slot, start, log, signal) => startSlot(project, slot, start, log, signal),
    stop: (slot, log, signal, graceMs) => stopSlot({ docker, project }, { slot, graceMs }, log, signal),
    tail: (slot, lines, signal) => tailOf({ docker, project }, slot, lines, signal),
  }
}

async function startSlot(
  project: Project,
  slot: Slot,
  start: SlotStart,
  log: LogSink,
  signal: AbortSignal,
): Promise<void> {
  const redact = await readRedaction(project)
  const { code, lines } = await runCommand({
    argv: composeArgv(project, 'up', '-d', '--no-deps', '--no-build', '--no-color', serviceOf(slot)),
    cwd: project.directory,
    // The process environment beats the env file, which still holds what the slot was started with before.
    env: { ...project.environment, ...unreadEnvironments([slot]), ...slotVariables(slot, start) },
    log: (line) => log(redact(line)),
    signal,
    timeoutMs: START_DEADLINE_MS,
  }).catch((cause: unknown) => {
    if (cause instanceof ReleaseError) throw cause
    const { reason, lines } = failureOf(cause)
    throw new ReleaseError(
      'start-failed',
      { slot, reason },
      { cause, detail: redact(lastLines(lines, DETAIL_LINES)) },
    )
  })
  if (code === 0) return
  throw (
    unreachableByLines(lines) ??
    new ReleaseError(
      'start-failed',
      { slot, reason: redact(startProblem(lines, code)) },
      { detail: redact(lastLines(lines, DETAIL_LINES)) },
    )
  )
}

/** Docker's or compose's own sentence: the last one, since progress comes before it. */
function startProblem(lines: readonly string[], code: number): string {
  const last = lines.at(-1)
  if (last === undefined) return `docker compose ended with exit code ${code}`
  const missing = /no such image: (\S+)$/i.exec(last)?.[1]
  if (missing !== undefined) return `there is no image ${missing} on this host`
  return last.replace(/^Error response from daemon: /, '').replace(/\.$/, '')
}

async function stopSlot(
  { docker, project }: SlotsOptions,
  { slot, graceMs }: { slot: Slot; graceMs: number | undefined },
  log: LogSink,
  signal: AbortSignal,
): Promise<void> {
  const grace = graceMs === undefined ? {} : { t: Math.ceil(graceMs / 1000) }
  const container = await findSlotContainer(docker, project, slot, signal)
  if (!container) return log(`${slot} has no container to stop.`)
  try {
    await ask(
      signal,
      (abortSignal) => docker.getContainer(container.id).stop({ ...grace, abortSignal }),
      STOP_DEADLINE_MS,
    )
    log(`${slot} is stopped.`)
  } catch (cause) {
    throwIfAborted(signal)
    const status = statusCodeOf(cause)
    if (status === 304) return log(`${slot} was stopped already.`)
    if (status === 404) return log(`${slot} has no container to stop.`)
    if (status === null) throw cause
    throw new ReleaseError(
      'internal',
      { reason: `${slot} could not be stopped: ${dockerWords(cause)}.` },
      { cause },
    )
  }
}

async function tailOf(
  { docker, project }: SlotsOptions,
  slot: Slot,
  lines: number,
  signal: AbortSignal,
): Promise<string> {
  const container = await findSlotContainer(docker, project, slot, signal)
  if (!container) return ''
  const redact = await readRedaction(project)
  const read = await readContainerLog(docker, container.id, Math.min(lines, MAX_TAIL_LINES), signal)
  return redact(read.map(({ text }) => text).join('\n')).slice(-MAX_TAIL_LENGTH)
}
