import { type ComponentProps, useId } from 'react'
import type { Permission } from '../../director/protocol.ts'
import { Button } from './button.tsx'

type Props = Omit<ComponentProps<typeof Button>, 'isOff'> & { permission: Permission }

/** A button for something that may not be allowed now: then it says why, in sight and to a screen reader. */
export function VerbButton({ permission, ...rest }: Props) {
  const reasonId = useId()
  const reason = permission.allowed ? null : permission.reason
  return (
    <span className="flex min-w-0 flex-col gap-1 sm:items-start">
      <Button
        {...rest}
        isOff={!permission.allowed}
        aria-describedby={reason === null ? undefined : reasonId}
      />
      {reason !== null && (
        <span id={reasonId} className="max-w-60 text-xs text-ink-muted">
          {reason}
        </span>
      )}
    </span>
  )
}
