import { e2eSystem, isKept } from './e2e-system.ts'

export default async function takeDown(): Promise<void> {
  if (!isKept) await e2eSystem().sweep()
}
