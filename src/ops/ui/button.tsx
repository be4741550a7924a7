import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'

type Weight = 'main' | 'plain' | 'quiet' | 'stop'

const WEIGHTS: Readonly<Record<Weight, string>> = {
  main: 'bg-action text-on-action border-action hover:bg-action-hover',
  plain: 'bg-surface text-ink border-line-strong hover:bg-sunken',
  quiet: 'bg-surface/0 text-ink-muted border-line/0 hover:bg-sunken hover:text-ink',
  stop: 'bg-surface text-bad border-bad hover:bg-bad-wash',
}

const OFF = 'bg-sunken text-ink-faint border-line cursor-not-allowed'

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'className'> & {
  weight?: Weight
  size?: 'small' | 'normal'
  /** Off, but still reachable by keyboard, so that the reason beside it is found. */
  isOff?: boolean
  icon?: ReactNode
  ref?: Ref<HTMLButtonElement>
}

/** A button. Off means `aria-disabled`: it keeps its place in the tab order and does nothing. */
export function Button({
  weight = 'plain',
  size = 'normal',
  isOff = false,
  icon,
  children,
  onClick,
  ...rest
}: Props) {
  const measure =
    size === 'small'
      ? 'min-h-7 px-2 text-xs gap-1.5 pointer-coarse:min-h-9'
      : 'min-h-9 px-3.5 text-base gap-2'
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={isOff}
      onClick={(event) => (isOff ? event.preventDefault() : onClick?.(event))}
      className={`inline-flex min-w-0 max-w-full items-center justify-center rounded-md border py-1 [overflow-wrap:anywhere] text-center font-medium transition-colors ${measure} ${isOff ? OFF : WEIGHTS[weight]}`}
    >
      {icon}
      {children}
    </button>
  )
}
