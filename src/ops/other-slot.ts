/** Where a request of the console goes that waited for a slot in vain: nginx sends it to the other one, if that is up. */
export function viaOtherSlot(path: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}via=other`
}
