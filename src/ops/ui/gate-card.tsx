import type { ReactNode } from 'react'
import { Mark } from './mark.tsx'

/** The page of someone who is not signed in: one narrow card. */
export function GateCard({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center px-4 py-10">
      <p className="mb-5 flex items-center gap-2 font-semibold tracking-tight">
        <Mark size={26} />
        Switchyard
      </p>
      <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
      <div className="mt-1 mb-6 text-ink-muted">{lead}</div>
      {children}
    </main>
  )
}
