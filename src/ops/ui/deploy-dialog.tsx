'use client'
import { ArrowRightLeft } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { Permission } from '../../director/protocol.ts'
import { type Frozen, freezeWords } from '../../release/freeze.ts'
import type { Build, DeployRequest } from '../../release/release.ts'
import { otherSlot, type Slot } from '../../release/slot.ts'
import { type DeployDraft, type DraftReading, EMPTY_DRAFT, readDraft } from '../deploy-draft.ts'
import type { Outcome } from '../outcome.ts'
import type { Accepted } from '../verbs.ts'
import { sourceText } from '../view/release.ts'
import { Button } from './button.tsx'
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx'
import { Field } from './field.tsx'
import { PlanPreview } from './plan-preview.tsx'
import { Refusal } from './refusal.tsx'
import { SourceFields } from './source-fields.tsx'
import { type PlanAnswer, usePlan } from './use-plan.ts'
import { type Answers, useSend } from './use-send.ts'
import { VerbButton } from './verb-button.tsx'
import { Warning } from './warning.tsx'

type Props = Answers & {
  permission: Permission
  /** Machines may not deploy now; an operator may, who has seen it. */
  freeze: Frozen | null
  /** The slot that the release will fill. */
  slot: Slot
  /** The builds that are there: what visitors get stays as standby, what stands by now is replaced. */
  live: Build | null
  standby: Build | null
  /** The routing's: a plan holds for one generation. */
  generation: number | null
  notice: ReactNode
  deploy(request: DeployRequest): Promise<Outcome<Accepted>>
  onClose(): void
  /** What the form begins with. */
  initial?: DeployDraft
}

/** Asks for a build, shows what would happen to it, and begins the release. */
export function DeployDialog(props: Props) {
  const { permission, freeze, slot, live, standby, generation, notice, deploy, onClose } = props
  const [draft, setDraft] = useState<DeployDraft>(props.initial ?? EMPTY_DRAFT)
  const { isSending, refusal, send, forget } = useSend(props)
  const reading = readDraft(draft)
  const answer = usePlan(
    reading.is === 'complete' ? { verb: 'deploy', request: reading.request } : null,
    generation,
  )
  const target = answer.plan?.slot ?? slot

  function change(changed: Partial<DeployDraft>) {
    setDraft((before) => ({ ...before, ...changed }))
    forget()
  }

  async function confirm() {
    if (reading.is === 'complete') await send(() => deploy(reading.request))
  }

  return (
    <Dialog title="Deploy" onClose={onClose} notice={notice} isWide>
      <DialogBody>
        {freeze !== null && (
          <div className="mb-5">
            <Warning>
              <p className="font-semibold">{freezeWords(freeze)}</p>
              <p>Your deploy is possible all the same, and leaves the freeze in force.</p>
            </Warning>
          </div>
        )}
        <form
          id="deploy"
          className="grid gap-x-8 gap-y-6 md:grid-cols-2"
          onSubmit={(event) => {
            event.preventDefault()
            if (mayConfirm(permission, reading, answer).allowed) void confirm()
          }}
        >
          <div className="space-y-4">
            <SourceFields draft={draft} onChange={change} />
            <Naming draft={draft} reading={reading} onChange={change} />
          </div>
          <div className="md:border-l md:border-line md:pl-8">
            <PlanPreview answer={answer} waitingFor={waitingFor(reading)} />
            <Afterwards live={live} standby={standby} slot={target} />
          </div>
          <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
        </form>
        {refusal !== null && (
          <div className="mt-4">
            <Refusal error={refusal} isUrgent />
          </div>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <VerbButton
          weight="main"
          permission={isSending ? { allowed: false, reason: null } : mayConfirm(permission, reading, answer)}
          icon={<ArrowRightLeft aria-hidden="true" size={15} className="shrink-0" />}
          onClick={() => void confirm()}
        >
          {isSending
            ? 'Beginning…'
            : `${confirmText(reading, target, answer)}${freeze === null ? '' : ' all the same'}`}
        </VerbButton>
      </DialogFooter>
    </Dialog>
  )
}

/** What can be brought back once this has gone live, and what can't any more. */
function Afterwards({ live, standby, slot }: { live: Build | null; standby: Build | null; slot: Slot }) {
  if (live === null) return null
  const isLost = standby !== null && standby.image !== live.image
  return (
    <p className="mt-4 text-sm text-ink-muted [overflow-wrap:anywhere]">
      <strong className="font-semibold text-ink">{live.version}</strong> stays in {otherSlot(slot)}, ready for
      a rollback.
      {isLost && (
        <>
          {' '}
          <strong className="font-semibold text-ink">{standby.version}</strong>, which stands by in {slot}{' '}
          now, is replaced.
        </>
      )}
    </p>
  )
}

const OWN_BUILD_HINT = 'What the site shows as its version. Without one, the build names itself.'

const LABEL_HINTS = {
  tree: OWN_BUILD_HINT,
  ref: OWN_BUILD_HINT,
  image:
    'What the history calls it. The site goes on showing what was built into the image. Without one, the image names itself.',
  build:
    'What the history calls it. The site goes on showing what was built into it. Without one, the build names itself.',
} as const

type NamingProps = { draft: DeployDraft; reading: DraftReading; onChange(change: Partial<DeployDraft>): void }

function Naming({ draft, reading, onChange }: NamingProps) {
  return (
    <>
      <Field
        label="Version label (optional)"
        isMono
        placeholder="1.5.0"
        value={draft.label}
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange({ label: event.target.value })}
        hint={LABEL_HINTS[draft.kind]}
        problem={reading.is === 'wrong' ? reading.labelProblem : null}
      />
      <Field
        label="Note (optional)"
        placeholder="Why this release"
        value={draft.note}
        maxLength={500}
        autoComplete="off"
        onChange={(event) => onChange({ note: event.target.value })}
        hint="Stands in the history."
      />
    </>
  )
}

function waitingFor(reading: DraftReading): string | null {
  if (reading.is === 'missing') return `${reading.what} Then this shows what will happen.`
  return reading.is === 'wrong' ? 'Correct the version label. Then this shows what will happen.' : null
}

/** A deploy is confirmed on what its plan says: no plan, no button. */
function mayConfirm(permission: Permission, reading: DraftReading, answer: PlanAnswer): Permission {
  if (!permission.allowed) return permission
  if (reading.is === 'missing') return { allowed: false, reason: reading.what }
  if (reading.is === 'wrong') return { allowed: false, reason: 'The version label is not right.' }
  if (answer.isStale) return { allowed: false, reason: 'The checks are running.' }
  if (answer.plan === null) return { allowed: false, reason: 'The checks gave no answer.' }
  return answer.plan.mayStart ? permission : { allowed: false, reason: 'A check refuses this release.' }
}

function confirmText(reading: DraftReading, slot: Slot, { plan, isStale }: PlanAnswer): string {
  if (reading.is !== 'complete') return `Deploy to ${slot}`
  const { label, source } = reading.request
  // People know a kept build by its version, which is told before anything runs.
  const version = source.kind === 'build' && !isStale ? plan?.toVersion : null
  return `Deploy ${label ?? version ?? sourceText(source)} to ${slot}`
}
