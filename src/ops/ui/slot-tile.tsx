import type { ReactNode } from 'react'
import type { SlotView } from '../../director/protocol.ts'
import { inFlightText } from '../../release/in-flight-words.ts'
import { duration, elapsed, middle } from '../../words/quantities.ts'
import { conditionOf, cpuMeter, memoryMeter, trafficNotes, trafficView } from '../view/slot-tile.ts'
import { BarredBadge } from './barred-badge.tsx'
import { CopyButton } from './copy-button.tsx'
import { Meter } from './meter.tsx'
import { Ago } from './now.tsx'
import { RoleBadge } from './role-badge.tsx'
import { ToneIcon } from './tone-icon.tsx'
import { TONE_TEXT } from './tones.ts'

const EDGES = { live: 'border-t-live', standby: 'border-t-standby', idle: 'border-t-line-strong' } as const

/** One slot: what it is to visitors, what it runs, how it is. */
export function SlotTile({ slot, children }: { slot: SlotView; children: ReactNode }) {
  return (
    <article
      aria-labelledby={`slot-${slot.slot}`}
      className={`rounded-lg border border-t-[3px] border-line bg-surface ${EDGES[slot.role]}`}
    >
      <div className="px-4 pt-3 pb-3">
        <div className="flex items-center justify-between gap-3">
          <h3 id={`slot-${slot.slot}`} className="font-semibold">
            {slot.slot}
          </h3>
          <span className="flex gap-1.5">
            {slot.barred !== null && <BarredBadge />}
            <RoleBadge role={slot.role} />
          </span>
        </div>
        <p className="mt-1 truncate text-xl font-semibold tracking-tight" title={slot.version ?? undefined}>
          {slot.version ?? <span className="font-normal text-ink-faint">no build</span>}
        </p>
        <Health slot={slot} />
      </div>
      <dl className="grid grid-cols-3 gap-x-3 border-t border-line px-4 py-2.5">
        <Fact name="Release">{slot.release === null ? '–' : `#${slot.release}`}</Fact>
        <Fact name="Up for">{slot.uptimeSeconds === null ? '–' : elapsed(slot.uptimeSeconds * 1_000)}</Fact>
        <Fact name="In flight">{inFlightText(slot)}</Fact>
      </dl>
      <Traffic slot={slot} />
      <div className="space-y-1.5 border-t border-line px-4 py-2.5">
        <Meter name="CPU" view={cpuMeter(slot.cpu)} />
        <Meter name="Memory" view={memoryMeter(slot.memory)} />
      </div>
      <dl className="space-y-0.5 border-t border-line px-4 py-2">
        <Identity name="Image" text={slot.container?.image ?? null} />
        <Identity name="Build" text={slot.deploymentId} />
        <Identity name="On host" text={slot.address} />
      </dl>
      {children}
    </article>
  )
}

function Health({ slot }: { slot: SlotView }) {
  const { word, tone } = conditionOf(slot)
  const { latencyMs, checkedAt, problem } = slot.health
  const restarts = slot.container?.restarts ?? 0
  return (
    <div className="mt-1 text-sm text-ink-muted">
      <p className="flex flex-wrap items-center gap-x-2">
        <span className={`inline-flex items-center gap-1.5 font-medium ${TONE_TEXT[tone]}`}>
          <ToneIcon tone={tone} />
          {word}
        </span>
        {latencyMs !== null && <span>{duration(latencyMs)}</span>}
        <span className="text-ink-faint">
          checked <Ago at={checkedAt} />
        </span>
        {restarts > 0 && <span className="font-medium text-warn">restarted {restarts}×</span>}
      </p>
      {problem !== null && <p className="mt-0.5 text-ink [overflow-wrap:anywhere]">{problem}</p>}
    </div>
  )
}

/** As high without traffic as with it, so that the tiles do not jump. */
function Traffic({ slot }: { slot: SlotView }) {
  const view = trafficView(slot.traffic)
  return (
    <div className="flex min-h-[4.75rem] flex-col justify-center border-t border-line px-4 py-2.5">
      {view.kind === 'none' ? (
        <p className="text-ink-faint">{view.text}</p>
      ) : (
        <>
          <dl
            className="grid grid-cols-4 gap-x-3"
            title="p50, p95 and p99: how long this slot took to begin its answers. Streams are left out."
          >
            {view.facts.map(([name, text]) => (
              <Fact key={name} name={name}>
                {text}
              </Fact>
            ))}
          </dl>
          <p className="mt-0.5 text-xs text-ink-muted">{view.detail}</p>
        </>
      )}
      {trafficNotes(slot).map(({ sentence, tone }) => (
        <p
          key={sentence}
          className={`mt-1 flex items-start gap-1.5 text-sm [overflow-wrap:anywhere] ${tone === 'bad' ? 'font-semibold text-bad' : 'text-ink-muted'}`}
        >
          <span className="mt-0.5">
            <ToneIcon tone={tone} size={14} />
          </span>
          {sentence}
        </p>
      ))}
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="label">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  )
}

function Identity({ name, text }: { name: string; text: string | null }) {
  return (
    <div className="grid min-h-6 grid-cols-[3.75rem_1fr] items-center gap-x-3">
      <dt className="label">{name}</dt>
      <dd className="flex min-w-0 items-center justify-between gap-1 font-mono text-xs">
        {text === null ? (
          <span className="text-ink-faint">–</span>
        ) : (
          <>
            <span className="truncate" title={text}>
              {middle(text, 56)}
            </span>
            <CopyButton name={name.toLowerCase()} text={text} />
          </>
        )}
      </dd>
    </div>
  )
}
