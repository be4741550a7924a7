import { slotConfig } from '../config/slot.ts'
import { install } from './preload/install.cjs'

/**
 * Prepares this process to be a slot. Ends it when its environment is wrong: Next would stay up and answer 500.
 * Where compose starts the slot, the preload is there already; elsewhere, as in `next dev`, the app brings the same.
 */
export function startWorkload(): void {
  try {
    slotConfig()
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause)
    process.exit(1)
  }
  install()
}
