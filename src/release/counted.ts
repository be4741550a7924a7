/** `1 upload`, `1,200 uploads`; empty for none. */
export function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
}
