import type { Permission, SystemStatus } from '../../director/protocol.ts'
import type { FreezeOutcome } from '../../release/freeze.ts'

/** Whether deploys may be frozen by hand, given that freezes may be changed at all. */
export function freezePermission(
  { freeze }: Pick<SystemStatus, 'freeze'>,
  permission: Permission,
): Permission {
  if (!permission.allowed || freeze === null) return permission
  return { allowed: false, reason: 'They are frozen already.' }
}

/** Whether what was said of a freeze or of its lift is still so. */
export function freezeStillHolds({ freeze }: FreezeOutcome, status: Pick<SystemStatus, 'freeze'>): boolean {
  return (freeze === null) === (status.freeze === null)
}
