import type { SessionView } from '../../../director/operators-protocol.ts'
import { browserWords } from '../../view/browser.ts'
import { Button } from '../button.tsx'
import { ListTable } from '../list-table.tsx'
import { Ago } from '../now.tsx'

type Props = { sessions: readonly SessionView[]; onEnd(session: SessionView): void }

const CELL = 'align-top md:px-1.5 md:py-2 md:first:pl-4 md:last:pr-4'
const COLUMNS = [
  { name: 'Operator', width: 'w-[28%]' },
  { name: 'Signed in', width: 'w-[20%]' },
  { name: 'Last used', width: 'w-[20%]' },
  { name: 'Browser', width: 'w-[22%]' },
  { name: 'End', width: 'w-[10%]' },
] as const

/** Every session that is still good, the newest first. A block each on a phone. */
export function SessionList({ sessions, onEnd }: Props) {
  return (
    <ListTable columns={COLUMNS}>
      {sessions.map((session) => (
        <Row key={session.id} session={session} onEnd={onEnd} />
      ))}
    </ListTable>
  )
}

function Row({ session, onEnd }: { session: SessionView; onEnd(session: SessionView): void }) {
  const { name, email, since, address, lastUsedAt, lastAddress, browser, isOwn } = session
  return (
    <tr className="max-md:grid max-md:gap-y-0.5 max-md:px-4 max-md:py-2.5">
      <td className={`${CELL} [overflow-wrap:anywhere]`}>
        <span className="font-medium">{name}</span>
        {isOwn && (
          <span className="ml-2 rounded bg-sunken px-1.5 text-xs leading-5 font-semibold text-ink-muted">
            This one
          </span>
        )}
        <span className="block text-xs text-ink-muted">{email}</span>
      </td>
      <td className={`${CELL} text-ink-muted`}>
        <span className="md:hidden">signed in </span>
        <Ago at={since} />
        <From address={address} />
      </td>
      <td className={`${CELL} text-ink-muted`}>
        <span className="md:hidden">last used </span>
        {lastUsedAt === null ? 'not yet' : <Ago at={lastUsedAt} />}
        <From address={lastAddress} />
      </td>
      <td
        className={`${CELL} text-ink-muted [overflow-wrap:anywhere] max-md:line-clamp-2`}
        title={browser ?? undefined}
      >
        {browser === null ? 'browser not known' : browserWords(browser)}
      </td>
      <td className={`${CELL} max-md:pt-1`}>
        <Button
          size="small"
          weight="stop"
          aria-label={`End the session of ${name}${isOwn ? ', this one' : ''}${address === null ? '' : `, from ${address}`}…`}
          onClick={() => onEnd(session)}
        >
          End…
        </Button>
      </td>
    </tr>
  )
}

function From({ address }: { address: string | null }) {
  if (address === null) return null
  return <span className="font-mono text-xs [overflow-wrap:anywhere] md:block"> from {address}</span>
}
