import { randomBytes } from 'node:crypto'

/** A deployment id for a build that is given none: open tabs are kept with their build by it, so that no two may share one. */
export function ownDeploymentId() {
  return `c-${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`
}
