import type { ReactNode } from 'react'
import type { Session } from '../../director/protocol.ts'
import { Account } from '../../ops/ui/account.tsx'
import { Shell } from '../../ops/ui/shell.tsx'
import { consoleActions, LINKS } from './links.ts'

type Props = { operator: Session['operator']; current: string; children: ReactNode }

const NAVIGATION = [
  { href: LINKS.home, text: 'Dashboard' },
  { href: LINKS.history, text: 'Releases' },
  { href: LINKS.builds, text: 'Builds' },
  { href: LINKS.operators, text: 'Operators' },
]

/** The console's frame with this app's addresses and actions in it. */
export function ConsoleShell({ operator, current, children }: Props) {
  const account = operator && <Account {...operator} actions={consoleActions} signedOutPage={LINKS.signIn} />
  return (
    <Shell home={LINKS.home} links={NAVIGATION} current={current} site="/" account={account}>
      {children}
    </Shell>
  )
}
