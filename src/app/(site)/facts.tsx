import type { ReactNode } from 'react'

export type Fact = { term: string; value: ReactNode; testId?: string }

/** Terms and their values, one under the other. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="divide-y divide-line border-line border-y">
      {facts.map(({ term, value, testId }) => (
        <div key={term} className="grid gap-x-6 gap-y-0.5 py-2.5 sm:grid-cols-[13rem_1fr]">
          <dt className="text-sm text-soft">{term}</dt>
          <dd data-testid={testId} className="min-w-0 break-words font-mono text-sm">
            {value}
          </dd>
        </div>
      ))}
    </dl>
  )
}
