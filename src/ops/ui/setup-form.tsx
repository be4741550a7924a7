'use client'
import { type FormEvent, useState, useSyncExternalStore } from 'react'
import { z } from 'zod'
import { setupRequestSchema } from '../../director/protocol.ts'
import type { ReleaseErrorBody } from '../../release/errors.ts'
import { post, RequestRefused } from '../http.ts'
import { consoleUnreachable } from '../refusals.ts'
import { Button } from './button.tsx'
import { Field } from './field.tsx'
import { Prose } from './prose.tsx'
import { Refusal } from './refusal.tsx'
import { useFirstProblem } from './use-first-problem.ts'
import { useLinkProblem } from './use-link-problem.ts'

type Props = {
  home: string
  /** Null where there is nobody yet who could sign in. */
  signIn: string | null
  action: string
}

/**
 * Makes an operator out of the one-time link. Its token stands in the fragment, which no server gets to see: so the page
 * asks whether the link is still good, before anything is typed.
 */
export function SetupForm({ home, signIn, action }: Props) {
  const token = useToken()
  const linkProblem = useLinkProblem(token)
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({})
  const formRef = useFirstProblem(problems)
  const [refusal, setRefusal] = useState<ReleaseErrorBody | null>(null)
  const [isSending, setIsSending] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const parsed = setupRequestSchema.safeParse({ ...Object.fromEntries(form), token })
    setRefusal(null)
    setProblems(parsed.success ? {} : firstProblems(parsed.error))
    if (!parsed.success || isSending) return
    setIsSending(true)
    const problem = await setUp(parsed.data)
    setIsSending(false)
    setRefusal(problem)
    // The answer signed the operator in; `replace` takes the spent link out of the browser's history.
    if (problem === null) window.location.replace(home)
  }

  if (token === '') return <NoToken />
  if (linkProblem === undefined) return <p className="text-ink-muted">The link is being checked.</p>
  if (linkProblem !== null) return <UselessLink problem={linkProblem} signIn={signIn} />
  return (
    <form ref={formRef} noValidate onSubmit={(event) => void submit(event)} className="space-y-4">
      {refusal !== null && <Refusal error={refusal} isUrgent />}
      <Field
        label="Your name"
        name="name"
        autoComplete="name"
        hint="Stands beside each release that you begin."
        problem={problems.name}
      />
      <Field
        label="Email address"
        name="email"
        type="email"
        autoComplete="username"
        problem={problems.email}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        hint="At least 12 characters."
        problem={problems.password}
      />
      <div className="grid">
        <Button type="submit" weight="main" isOff={isSending}>
          {isSending ? 'One moment…' : action}
        </Button>
      </div>
    </form>
  )
}

function UselessLink({ problem, signIn }: { problem: ReleaseErrorBody; signIn: string | null }) {
  return (
    <div className="space-y-4">
      <Refusal error={problem} isUrgent />
      {signIn !== null && (
        <p className="text-ink-muted">
          Whoever is an operator already can{' '}
          <a href={signIn} className="underline underline-offset-2 hover:text-ink">
            sign in
          </a>
          .
        </p>
      )}
    </div>
  )
}

function NoToken() {
  return (
    <p className="rounded-md border border-warn/40 bg-warn-wash p-3.5">
      <Prose text="This address lacks its one-time token. Open the whole link as it was printed, or get a new one on the host with `switchyard setup-link`, in the project's directory." />
    </p>
  )
}

/** The token of the address, an empty string where there is none, null before the browser has told. */
function useToken(): string | null {
  return useSyncExternalStore(
    onHashChange,
    () => new URLSearchParams(window.location.hash.slice(1)).get('token') ?? '',
    () => null,
  )
}

function onHashChange(changed: () => void): () => void {
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}

async function setUp(request: z.infer<typeof setupRequestSchema>): Promise<ReleaseErrorBody | null> {
  try {
    await post(z.unknown(), '/api/ops/setup', request)
    return null
  } catch (error) {
    return error instanceof RequestRefused ? error.body : consoleUnreachable()
  }
}

function firstProblems(error: z.ZodError): Record<string, string> {
  return Object.fromEntries(error.issues.map((issue) => [String(issue.path[0]), issue.message]).reverse())
}
