import { Command } from 'commander'
import { addAbort } from './commands/abort.ts'
import { addBar } from './commands/bar.ts'
import type { Run, Surroundings } from './commands/command.ts'
import { addDeploy } from './commands/deploy.ts'
import { addDoctor } from './commands/doctor.ts'
import { addFreeze } from './commands/freeze.ts'
import { addHistory } from './commands/history.ts'
import { addKeep } from './commands/keep.ts'
import { addLogs } from './commands/logs.ts'
import { addOperators } from './commands/operators/operators.ts'
import { addSessions } from './commands/operators/sessions.ts'
import { addPrune } from './commands/prune.ts'
import { addReload } from './commands/reload.ts'
import { addRollback } from './commands/rollback.ts'
import { addSetupLink } from './commands/setup-link.ts'
import { addStatus } from './commands/status.ts'
import { addUnbar } from './commands/unbar.ts'
import { addUnfreeze } from './commands/unfreeze.ts'
import { addUnkeep } from './commands/unkeep.ts'

const AFTER_HELP = `
\`switchyard up\` and \`down\` set the whole system up and take it down. Outside a project's directory,
\`switchyard --project DIRECTORY …\` says which one is meant; \`npx switchyard …\` is the same command within it.

Exit codes: 0 done; 1 failed, and visitors are served as before; 2 needs attention; 64 usage;
69 Docker or the director can't be reached; 75 busy; 77 deploys by machines are frozen;
130 detached by Ctrl-C, the release goes on.`

const COMMANDS = [
  addDeploy,
  addRollback,
  addStatus,
  addHistory,
  addLogs,
  addAbort,
  addBar,
  addUnbar,
  addPrune,
  addKeep,
  addUnkeep,
  addFreeze,
  addUnfreeze,
  addReload,
  addDoctor,
  addSetupLink,
  addOperators,
  addSessions,
]

/** The command line, with each command's work handed to `run`. Throws commander's own error for usage and help. */
export function createProgram(
  run: Run,
  surroundings: Surroundings = { appVersion: async () => null },
): Command {
  const program = new Command('switchyard')
    .description('Releases of this project, from its host.')
    .addHelpText('after', AFTER_HELP)
    .showHelpAfterError('Run `switchyard --help` to see what there is.')
    .exitOverride()
  for (const add of COMMANDS) add(program, run, surroundings)
  return program
}
