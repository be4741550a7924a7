/** `2026-03-01 10:00:04 UTC`: who is told may be in another zone than this machine. */
export const utc = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`
