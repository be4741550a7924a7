import type { Permission } from '../../../director/protocol.ts'
import { Button } from '../button.tsx'
import { VerbButton } from '../verb-button.tsx'

type Props = {
  name: string
  isBarred: boolean
  mayDeploy: Permission
  /** What says, once for all builds, why none can be deployed now. */
  whyNotId: string
  onClick(): void
}

/** Leads to deploying one of the kept builds. */
export function BuildButton({ name, isBarred, mayDeploy, whyNotId, onClick }: Props) {
  const shared = { size: 'small', 'aria-label': name, onClick } as const
  if (isBarred) {
    return (
      <VerbButton permission={{ allowed: false, reason: 'It is barred.' }} {...shared}>
        Deploy…
      </VerbButton>
    )
  }
  return (
    <Button
      isOff={!mayDeploy.allowed}
      aria-describedby={mayDeploy.allowed ? undefined : whyNotId}
      {...shared}
    >
      Deploy…
    </Button>
  )
}
