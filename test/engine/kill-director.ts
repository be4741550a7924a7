import type { EngineSystem } from './engine-system.ts'

/**
 * Kills the director that runs now. Docker takes a kill through its own API for the operator's wish and does not restart; a crash
 * comes from elsewhere.
 */
export async function directorKiller(system: EngineSystem): Promise<() => void> {
  const { State } = await (await system.container('director')).inspect()
  return () => process.kill(State.Pid, 'SIGKILL')
}
