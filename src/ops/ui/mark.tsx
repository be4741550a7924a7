/** The sign of the console: two tracks and the points between them. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 24 24" fill="none" strokeLinecap="round">
      <path d="M3 17h18" stroke="var(--line-strong)" strokeWidth="2.5" />
      <path d="M3 17h3c5 0 6-10 11-10h4" stroke="var(--live)" strokeWidth="2.5" />
    </svg>
  )
}
