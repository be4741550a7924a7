import type { Permission, SystemStatus } from '../../director/protocol.ts'
import { type BarOutcome, barOn, barRefusal } from '../../release/bar.ts'
import { describeError } from '../../release/messages.ts'
import type { Build } from '../../release/release.ts'
import { SLOTS, type Slot } from '../../release/slot.ts'

/** The build that is to be barred, or to be so no more. */
export type BarSubject = Pick<Build, 'deploymentId' | 'version'>

type Known = Pick<SystemStatus, 'live' | 'slots' | 'routing'>
type KnownBars = Known & Pick<SystemStatus, 'barred'>

/** Whether `subject` may be barred, given that bars may be changed at all. */
export function barPermission(permission: Permission, subject: BarSubject, live: Build | null): Permission {
  const refusal = permission.allowed ? barRefusal(subject, live) : null
  return refusal === null ? permission : { allowed: false, reason: describeError(refusal, '').what }
}

/** The slot that still runs `subject`, for its open tabs and streams. */
export function slotOf({ deploymentId }: BarSubject, { slots, routing }: Known): Slot | null {
  return SLOTS.find((slot) => slot !== routing.live && slots[slot].deploymentId === deploymentId) ?? null
}

/** What will happen to whom, a sentence each. */
export function barConsequences(subject: BarSubject, status: Known): string[] {
  const { version } = subject
  const slot = slotOf(subject, status)
  const live = status.live?.version ?? 'the live build'
  if (slot === null) return [`No slot runs ${version} now. It can not be deployed until it is unbarred.`]
  return [
    `Tabs that are open on ${version} are moved to ${live} at their next request: they load the page once.`,
    `A stream that is open on ${version} goes on until ${slot} is reused or stopped.`,
    `Until it is unbarred it can not be deployed or rolled back to, so there is nothing to roll back to before the next deploy.`,
  ]
}

export function unbarConsequences(subject: BarSubject, status: Known): string[] {
  const slot = slotOf(subject, status)
  if (slot === null) return [`${subject.version} may be deployed again.`]
  return [
    `${subject.version} may be rolled back to and deployed again, and tabs that still run it go back to ${slot}.`,
  ]
}

/** Whether the console comes from the slot that `subject` runs in, and from nowhere else. */
export function isOnlyConsole(subject: BarSubject, status: Known): boolean {
  return status.live?.hasConsole === false && slotOf(subject, status) !== null
}

/** Whether what was said of a bar or of its end (`outcomeWords`) is still so. */
export function stillHolds(outcome: BarOutcome, status: KnownBars): boolean {
  const { bar, slot, isInReach, live } = outcome
  if ((barOn(status.barred, outcome) === null) !== (bar === null)) return false
  if (slotOf(outcome, status) !== slot) return false
  if (slot === null) return true
  const movesTabs = bar !== null || !isInReach
  return movesTabs ? live === (status.live?.version ?? null) : status.slots[slot].role === 'standby'
}
