import { useId } from 'react'

type Props = { isChosen: boolean; onChoose(isChosen: boolean): void }

/** Offered where a build is barred. Off at first: most bars are for a plain fault, and it signs everybody out in the middle of their work. */
export function EndSessionsChoice({ isChosen, onChoose }: Props) {
  const id = useId()
  return (
    <div className="flex items-start gap-2.5">
      <input
        id={id}
        type="checkbox"
        checked={isChosen}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChoose(event.target.checked)}
        className="mt-1 size-4 shrink-0 accent-action"
      />
      <div>
        <label htmlFor={id} className="text-sm font-medium">
          End all sessions of all operators
        </label>
        <p id={`${id}-hint`} className="mt-0.5 text-xs text-ink-muted">
          For a build whose code may have been taken over: while it served the console it could read cookies
          and passwords, and a bar alone leaves both valid. You have to sign in again too. Passwords stay:
          reset them on the host. Not needed for a plain fault.
        </p>
      </div>
    </div>
  )
}
