import { Warning } from './warning.tsx'

/** Said where work is open that leaving the page would lose: signing in elsewhere brings the session back to this tab. */
export function SessionEnded({ signIn }: { signIn: string }) {
  return (
    <Warning>
      <span className="font-semibold">Your session has ended.</span>{' '}
      <a href={signIn} target="_blank" rel="noreferrer" className="font-medium underline underline-offset-2">
        Sign in
      </a>{' '}
      in a new tab, then go on here. Nothing that you entered is lost.
    </Warning>
  )
}
