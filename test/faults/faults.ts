import type { Fault } from './fault.ts'
import { aborted, abortedThenKilled } from './faults/abort.ts'
import { clockMoved } from './faults/clock.ts'
import { liveDies, nameTaken, nginxRestarted, targetDies } from './faults/containers.ts'
import { kill, killBefore, killInRecovery, killInRecoveryBefore, paused, term } from './faults/director.ts'
import { diskFull, diskFullBare } from './faults/disk-full.ts'
import { dockerKilled, dockerRestarted, reboot } from './faults/docker.ts'
import { doctor, killedThenDoctor } from './faults/doctor.ts'
import { journalCorrupt, routingEdited, stateFiles, symlinkUndone } from './faults/files.ts'
import {
  bothHung,
  bothSlow,
  directorStarved,
  liveHung,
  machineStarved,
  nginxStarved,
  targetHung,
} from './faults/overload.ts'
import { rollbackScript, rollbackScriptAlone } from './faults/script.ts'
import { secondDeploy } from './faults/second-deploy.ts'

/** The rows of the matrix. */
export const FAULTS: readonly Fault[] = [
  kill,
  killBefore,
  term,
  killInRecovery,
  killInRecoveryBefore,
  paused,
  aborted,
  abortedThenKilled,
  dockerKilled,
  dockerRestarted,
  reboot,
  diskFull,
  diskFullBare,
  targetDies,
  liveDies,
  nginxRestarted,
  nameTaken,
  symlinkUndone,
  routingEdited,
  ...stateFiles,
  journalCorrupt,
  clockMoved,
  secondDeploy,
  rollbackScript,
  rollbackScriptAlone,
  doctor,
  killedThenDoctor,
  liveHung,
  targetHung,
  bothHung,
  bothSlow,
  machineStarved,
  nginxStarved,
  directorStarved,
]
