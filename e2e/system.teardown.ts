import { e2eSystem } from './e2e-system.ts'

export default async function takeDown(): Promise<void> {
  await e2eSystem().sweep()
}
