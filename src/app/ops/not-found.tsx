import { LINKS } from './links.ts'

/** Where an address of the console leads nowhere. */
export default function ConsoleNotFound() {
  return (
    <main className="mx-auto max-w-prose px-4 py-16">
      <h1 className="text-2xl font-semibold tracking-tight">There is nothing here</h1>
      <p className="mt-1 text-ink-muted">No release and no page of the console has this address.</p>
      <p className="mt-4">
        <a href={LINKS.home} className="font-medium underline underline-offset-2">
          To the dashboard
        </a>
      </p>
    </main>
  )
}
