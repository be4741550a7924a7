import type { Slot } from '../../release/slot.ts'

/** How the form's last run ended. `runs` counts those of the process that answered. */
export type DigestOutcome =
  | { kind: 'none'; text: '' }
  | { kind: 'refused'; text: string; reason: string }
  | { kind: 'done'; text: string; sha256: string; slot: Slot; release: number; builtAs: string; runs: number }
