import { builtAs } from '../../../../config/built-as.ts'
import { Place } from '../place.tsx'

/** Static, so that a link in view fetches all of it ahead. */
export default function PrefetchedPage() {
  return <Place name="prefetched" build={builtAs} />
}
