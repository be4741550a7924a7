import { builtAs } from '../../../../config/built-as.ts'
import { Place } from '../place.tsx'

export const revalidate = 5

/** Rendered while its image is built, and again by its slot once a visitor finds it older than five seconds. */
export default function IsrPage() {
  return (
    <>
      <Place name="isr" build={builtAs} />
      <p data-testid="rendered-at">{Date.now()}</p>
    </>
  )
}
