import { builtAs } from '../../../../config/built-as.ts'
import { Place } from '../place.tsx'

/** Rendered once, while its image is built. */
export default function StaticPage() {
  return <Place name="static" build={builtAs} />
}
