import { asReleaseError, ReleaseError } from './errors.ts'
import { goForward, slotToStayAt } from './forward.ts'
import { describeError, wordsOf } from './messages.ts'
import type { Release } from './release.ts'
import { startsSlot } from './runtime.ts'
import { otherSlot, type Slot } from './slot.ts'
import type { StepName } from './step-names.ts'
import { type Parts, STEPS, type StepContext } from './steps.ts'
import { undoneError, undoRelease } from './undo.ts'
import { leaveUnrecorded, recordNewest } from './unrecorded.ts'

/** Where a step's lines go. */
export type StepLog = (step: StepName, text: string) => void

/**
 * Takes a release from wherever the journal says it is to its end. The journal is the only memory:
 * a step that has ended is not run again. Answers with how it ended. Throws only what keeps it from being settled,
 * such as a routing that can't be read: the release is then under way as before, and recovery's to settle.
 */
export async function runRelease(
  parts: Parts,
  id: number,
  log: StepLog,
  signal: AbortSignal,
): Promise<Release> {
  let running: StepName = 'preflight'
  try {
    for (const step of parts.journal.get(id)?.steps ?? []) {
      if (step.state === 'done') continue
      running = step.name
      await runStep({ parts, id, signal, log: (text) => log(step.name, text) }, step.name)
    }
    return currentRelease(parts, id)
  } catch (cause) {
    return settle({ parts, id, signal, log: (text) => log(running, text) }, running, cause)
  }
}

async function runStep(context: StepContext, name: StepName): Promise<void> {
  const { journal } = context.parts
  const { state } = journal.append(context.id, { type: 'step-started', name })
  if (state === 'preparing') context.signal.throwIfAborted()
  const end = await STEPS[name](context)
  const isFailed = end !== null && typeof end === 'object'
  journal.append(context.id, {
    ...{ type: 'step-ended', name },
    ...(isFailed ? { outcome: 'failed', detail: end.failed } : { outcome: 'done', detail: end }),
  })
}

/** Puts everything back as it was before the release, then says so in the journal. Where that would take visitors to a dead slot, they stay. */
async function settle(context: StepContext, failedStep: StepName, cause: unknown): Promise<Release> {
  const { parts, id, log } = context
  const release = currentRelease(parts, id)
  const { state } = release
  if (state === 'live') return leaveUnrecorded(parts.journal, release, cause, log)
  const slot = await slotToStayAt(parts, release)
  if (slot !== null) return stayAt(context, release, slot, failedStep)
  const isAborted = context.signal.aborted && state === 'preparing'
  const error = isAborted ? abortedBy(context.signal) : asReleaseError(cause)
  const withLines = isAborted ? error : await withContainerLines(context, failedStep, error)
  parts.journal.append(id, { type: 'step-ended', name: failedStep, outcome: 'failed', detail: null })
  log(isAborted ? 'Aborted.' : describeError(error, '').what)
  const undone = await undoRelease(parts, currentRelease(parts, id), log)
  const body = undoneError(withLines, parts.journal, undone)
  return parts.journal.append(id, { type: isAborted ? 'aborted' : 'failed', error: body })
}

async function stayAt(
  { parts, id, log }: StepContext,
  release: Release,
  slot: Slot,
  failedStep: StepName,
): Promise<Release> {
  const label = release.steps.find(({ name }) => name === failedStep)?.label ?? failedStep
  const found = `"${label}" failed, and ${otherSlot(slot)} is not healthy any more. Visitors stay at ${slot}, which is, and the director finished the release.`
  await goForward(parts, release, slot, found, log)
  await recordNewest(parts, (_, text) => log(text))
  return currentRelease(parts, id)
}

const STEPS_WITH_CONTAINER: readonly StepName[] = ['start', 'health', 'seed']
const CONTAINER_LINES = 20
const TAIL_DEADLINE_MS = 5_000

/** A candidate that never came up says why in its own log, which is gone once the slot is restored. */
async function withContainerLines(
  { parts, id, log }: StepContext,
  step: StepName,
  error: ReleaseError,
): Promise<ReleaseError> {
  const release = currentRelease(parts, id)
  const { slot } = release
  if (!startsSlot(release) || error.detail !== null || !STEPS_WITH_CONTAINER.includes(step)) return error
  try {
    const detail = await parts.slots.tail(slot, CONTAINER_LINES, AbortSignal.timeout(TAIL_DEADLINE_MS))
    return new ReleaseError(error.code, error.facts, { cause: error, ...(detail === '' ? {} : { detail }) })
  } catch (cause) {
    log(`The log of ${slot} could not be read: ${wordsOf(cause)}.`)
    return error
  }
}

function abortedBy(signal: AbortSignal): ReleaseError {
  return signal.reason instanceof ReleaseError ? signal.reason : new ReleaseError('aborted', {})
}

function currentRelease(parts: Parts, id: number): Release {
  const release = parts.journal.get(id)
  if (!release) throw new Error(`Release ${id} is not in the journal.`)
  return release
}
