'use client'
import { type FormEvent, useState } from 'react'
import { credentialsSchema } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { signIn } from '../sign-in.ts'
import { Button } from './button.tsx'
import { Field } from './field.tsx'
import { useIsInBrowser } from './now.tsx'
import { Refusal } from './refusal.tsx'
import { useFirstProblem } from './use-first-problem.ts'

type Problems = { email?: string[]; password?: string[] }

/** Email address and password. It posts to the director's own sign-in address, where attempts are counted. */
export function SignInForm({ returnTo }: { returnTo: string }) {
  const [problems, setProblems] = useState<Problems>({})
  const formRef = useFirstProblem(problems)
  const [refusal, setRefusal] = useState<ReleaseErrorBody | null>(null)
  const [isSending, setIsSending] = useState(false)
  const isReady = useIsInBrowser()

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const parsed = credentialsSchema.safeParse({ email: form.get('email'), password: form.get('password') })
    setRefusal(null)
    setProblems(parsed.success ? {} : flatten(parsed.error.issues))
    if (!parsed.success || isSending) return
    setIsSending(true)
    const problem = await signIn(parsed.data)
    setIsSending(false)
    if (problem === null) window.location.assign(returnTo)
    else setRefusal(problem)
  }

  return (
    <form ref={formRef} noValidate onSubmit={(event) => void submit(event)} className="space-y-4">
      {refusal !== null && <Refusal error={refusal} isUrgent />}
      <Field
        label="Email address"
        name="email"
        type="email"
        autoComplete="username"
        autoFocus
        problem={problems.email?.[0] ?? null}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        problem={problems.password?.[0] ?? null}
      />
      <div className="grid">
        <Button type="submit" weight="main" isOff={isSending || !isReady}>
          {isSending ? 'Signing in…' : 'Sign in'}
        </Button>
      </div>
    </form>
  )
}

function flatten(issues: readonly { path: readonly PropertyKey[]; message: string }[]): Problems {
  const of = (name: string) => issues.filter((issue) => issue.path[0] === name).map((issue) => issue.message)
  return { email: of('email'), password: of('password') }
}
