import { CopyButton } from './copy-button.tsx'

const COMMAND = 'switchyard deploy'

/** What to do where there is nothing to list yet. */
export function EmptyHistory() {
  return (
    <div className="max-w-prose space-y-1.5">
      <p className="font-medium">No release yet.</p>
      <p className="text-ink-muted">
        Deploy the working tree, a git ref or an image from the dashboard. On the host, in the project's
        directory, the same is
      </p>
      <p className="inline-flex items-center gap-2 rounded border border-line bg-sunken px-2 py-0.5 font-mono text-sm">
        {COMMAND}
        <CopyButton name="the command" text={COMMAND} />
      </p>
    </div>
  )
}
