import type { OperatorView } from '../../../director/operators-protocol.ts'
import { Ago } from '../now.tsx'

/** Everybody who may sign in. What only the host may do stands beside it as the command that does it. */
export function OperatorList({ operators }: { operators: readonly OperatorView[] }) {
  return (
    <ul className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
      {operators.map((operator) => (
        <Row key={operator.email} operator={operator} />
      ))}
    </ul>
  )
}

function Row({ operator }: { operator: OperatorView }) {
  const { name, email, since, sessions, hasPassword } = operator
  return (
    <li className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-4 py-2.5">
      <span className="font-medium [overflow-wrap:anywhere]">{name}</span>
      <span className="text-ink-muted [overflow-wrap:anywhere]">{email}</span>
      <span className="text-ink-muted">
        added <Ago at={since} />
      </span>
      <span className="text-ink-muted">
        {sessions === 1 ? '1 session' : `${sessions} sessions`}
        {!hasPassword && ', no password since a reset'}
      </span>
    </li>
  )
}
