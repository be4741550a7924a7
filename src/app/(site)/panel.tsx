import type { ReactNode } from 'react'

/** One thing to try. */
export function Panel({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col rounded-lg border border-line bg-surface p-5 sm:p-6">
      <h3 className="font-semibold">{title}</h3>
      <p className="mt-1 text-pretty text-sm text-soft leading-relaxed">{lead}</p>
      <div className="mt-5">{children}</div>
    </div>
  )
}

export const BUTTON =
  'cursor-pointer rounded-md bg-action px-4 py-2 font-medium text-action-text text-sm hover:opacity-90 disabled:cursor-wait disabled:opacity-60'
