/** The dashboard's shape before its first data. */
export function Skeleton() {
  return (
    <div role="status" aria-label="Reading the state of the system" className="space-y-5">
      <div className="space-y-2">
        <Bar className="h-8 w-80 max-w-full" />
        <Bar className="h-5 w-56" />
      </div>
      <div className="grid gap-4 md:grid-cols-2">
        <Tile />
        <Tile />
      </div>
      <Bar className="h-14 w-full" />
    </div>
  )
}

/** The history's shape before its first data. */
export function ListSkeleton() {
  return (
    <div
      role="status"
      aria-label="Reading the newest releases"
      className="space-y-3 rounded-lg border border-line bg-surface p-4"
    >
      <Bar className="h-5 w-full" />
      <Bar className="h-5 w-full" />
      <Bar className="h-5 w-2/3" />
    </div>
  )
}

function Tile() {
  return (
    <div className="space-y-3 rounded-lg border border-line bg-surface p-4">
      <Bar className="h-5 w-24" />
      <Bar className="h-7 w-40" />
      <Bar className="h-5 w-64 max-w-full" />
      <Bar className="h-24 w-full" />
    </div>
  )
}

function Bar({ className }: { className: string }) {
  return <div className={`animate-pulse rounded bg-line ${className}`} />
}
