import type { Traffic } from '../release/ports.ts'
import { confirmSwitch } from './confirm.ts'
import { readRouting } from './read-generation.ts'
import { checkConfig, reloadNginx, type TrafficProxy } from './reload.ts'
import { servedState } from './served.ts'
import { writeGeneration } from './switch.ts'

/**
 * The traffic director as the release engine sees it. `publicUrl` is nginx's port for visitors and `internalUrl` the one
 * that answers the director alone, both by container address; `liveDir` is `nginx/live` of the project.
 */
export function nginxTraffic(options: TrafficProxy & { publicUrl: URL }): Traffic {
  return {
    read: () => readRouting(options.liveDir),
    served: (signal) => servedState(options.internalUrl, signal),
    write: (next) => writeGeneration(options.liveDir, next),
    confirm: (expected, signal) => confirmSwitch(options, expected, signal),
    checkConfig: (signal) => checkConfig(options, signal),
    reload: (signal) => reloadNginx(options, signal),
  }
}
