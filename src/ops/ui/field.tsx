import { type InputHTMLAttributes, type ReactNode, useId } from 'react'

type Props = Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'className'> & {
  label: string
  hint?: ReactNode
  problem?: string | null | undefined
  isMono?: boolean
}

/** A labelled input with its hint and, once there is one, its problem. */
export function Field({ label, hint, problem, isMono = false, ...input }: Props) {
  const id = useId()
  const described = [hint === undefined ? '' : `${id}-hint`, problem == null ? '' : `${id}-problem`]
    .join(' ')
    .trim()
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <input
        {...input}
        id={id}
        aria-invalid={problem != null}
        aria-describedby={described === '' ? undefined : described}
        className={`h-9 w-full rounded-md border bg-surface px-2.5 placeholder:text-ink-faint ${isMono ? 'font-mono text-sm' : ''} ${problem == null ? 'border-line-strong' : 'border-bad'}`}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-ink-muted">
          {hint}
        </p>
      )}
      {problem != null && (
        <p id={`${id}-problem`} className="mt-1 text-xs font-medium text-bad">
          {problem}
        </p>
      )}
    </div>
  )
}
