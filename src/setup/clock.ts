/** A time of this machine with its zone: whoever reads it over SSH may be in another. `2 Mar, 14:30 UTC`. */
export function clock(iso: string): string {
  const parts = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const
  return new Date(iso).toLocaleString('en-GB', { ...parts, timeZoneName: 'short' })
}
