import type { SlotView, SystemStatus } from '../../director/protocol.ts'
import { BarButton } from './bar-button.tsx'
import type { OpenBarDialog } from './bar-dialogs.tsx'
import { Ago } from './now.tsx'

type Props = {
  slot: SlotView
  status: SystemStatus
  allowed: SystemStatus['actions']
  setOpen(open: OpenBarDialog): void
}

/** The foot of the tile of a slot that is not live: who barred its build and why, and the way to bar it or to let it go. */
export function SlotBar({ slot, ...rest }: Props) {
  const { role, barred, version, deploymentId } = slot
  if (role === 'live' || version === null) return null
  return (
    <div className="flex flex-wrap items-start justify-end gap-x-4 gap-y-2 border-t border-line px-4 py-2.5">
      {barred !== null && (
        <p className="min-w-0 flex-1 basis-48 text-sm [overflow-wrap:anywhere]">
          Barred by {barred.actor.name} <Ago at={barred.at} />
          {barred.reason !== null && `: ${barred.reason}`}
        </p>
      )}
      <BarButton subject={{ deploymentId, version }} {...rest} />
    </div>
  )
}
