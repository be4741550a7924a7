'use client'
import { Snowflake } from 'lucide-react'
import type { Permission } from '../../director/protocol.ts'
import { type Freeze, type Frozen, freezeDeed } from '../../release/freeze.ts'
import { Ago } from './now.tsx'
import { VerbButton } from './verb-button.tsx'

type Props = { freeze: Frozen; permission: Permission; releasePrefix: string; onLift(): void }

/** Says to whoever looks that machines may not deploy: since when, by whom, why, and the way out of it. */
export function FreezeBanner({ freeze, permission, releasePrefix, onLift }: Props) {
  const isFailOver = freeze.cause === 'fail-over'
  const colours = isFailOver ? 'border-bad bg-bad-wash' : 'border-warn bg-warn-wash'
  return (
    <section
      role={isFailOver ? 'alert' : 'status'}
      aria-label="Freeze"
      className={`flex flex-wrap items-start justify-between gap-x-6 gap-y-3 rounded-lg border-2 px-4 py-3.5 ${colours}`}
    >
      <div className="flex min-w-0 flex-1 basis-72 gap-3">
        <Snowflake
          aria-hidden="true"
          size={22}
          className={`mt-0.5 shrink-0 ${isFailOver ? 'text-bad' : 'text-warn'}`}
        />
        <div className="min-w-0 space-y-0.5 text-ink [overflow-wrap:anywhere]">
          <h2 className="text-lg font-semibold tracking-tight">Deploys by machines are frozen</h2>
          {[freeze, ...freeze.earlier].map((one) => (
            <p key={one.at} className={one.cause === 'fail-over' ? 'font-semibold text-bad' : ''}>
              <Deed freeze={one} releasePrefix={releasePrefix} />
            </p>
          ))}
          <p className="text-sm text-ink-muted">
            CI and scripts are refused until somebody lifts this. A deploy from here is possible and leaves it
            in force.
          </p>
        </div>
      </div>
      <VerbButton permission={permission} onClick={onLift}>
        Lift the freeze…
      </VerbButton>
    </section>
  )
}

/** `Ada rolled back 3 m ago (release 12): The cart is empty.` */
export function Deed({ freeze, releasePrefix }: { freeze: Freeze; releasePrefix?: string }) {
  const { release, reason, at } = freeze
  const deed = freezeDeed(freeze)
  return (
    <>
      {freeze.actor.kind === 'director' ? deed.replace(/^t/, 'T') : deed} <Ago at={at} />
      {release !== null && ' ('}
      {release !== null &&
        (releasePrefix === undefined ? (
          `release ${release}`
        ) : (
          <a href={`${releasePrefix}${release}`} className="underline underline-offset-2">
            release {release}
          </a>
        ))}
      {release !== null && ')'}
      {reason === null ? '.' : `: ${reason}`}
    </>
  )
}
