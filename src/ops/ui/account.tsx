'use client'
import { LogOut } from 'lucide-react'
import { useState } from 'react'
import { type ConsoleActions, lastingVerbs } from '../verbs.ts'
import { Button } from './button.tsx'

type Props = { name: string; email: string; actions: ConsoleActions; signedOutPage: string }

/** Who is signed in, and the way out. */
export function Account({ name, email, actions, signedOutPage }: Props) {
  const [problem, setProblem] = useState<string | null>(null)

  async function leave() {
    const outcome = await lastingVerbs(actions).signOut()
    if (outcome.ok) window.location.assign(signedOutPage)
    else setProblem(outcome.error.what)
  }

  return (
    <span className="flex items-center gap-2">
      {problem !== null && (
        <span role="alert" className="text-xs text-bad">
          {problem}
        </span>
      )}
      <span title={email} className="max-w-32 truncate font-medium">
        {name}
      </span>
      <Button
        weight="quiet"
        size="small"
        icon={<LogOut aria-hidden="true" size={13} />}
        onClick={() => void leave()}
      >
        Sign out
      </Button>
    </span>
  )
}
