'use client'
import { useEffect } from 'react'

/** A fault of the console itself. The system goes on; only this view of it broke. */
export default function ConsoleError({ error }: { error: Error & { digest?: string } }) {
  useEffect(() => console.error(error), [error])
  return (
    <main className="mx-auto max-w-prose px-4 py-16">
      <h1 className="text-2xl font-semibold tracking-tight">The console failed to draw this page</h1>
      <p className="mt-1 text-ink-muted">
        Releases and visitors are not affected. On the host, in the project's directory,{' '}
        <code className="font-mono text-ink">switchyard status</code> tells the same as this page, and{' '}
        <code className="font-mono text-ink">./rollback.sh</code> rolls back.
      </p>
      {error.digest !== undefined && <p className="mt-2 font-mono text-sm">digest {error.digest}</p>}
      <p className="mt-4">
        <a href="/ops" className="font-medium underline underline-offset-2">
          Load it again
        </a>
      </p>
    </main>
  )
}
