import { setTimeout as pause } from 'node:timers/promises'
import { installHostCommand } from '../../setup/host-command/install.ts'
import type { Bench } from '../bench.ts'
import type { Check, Finding } from '../finding.ts'
import { lookAtCommandLine } from '../look/command-line.ts'
import { containerOf } from '../truth.ts'

const KEPT_WITHIN_MS = 20_000
const PAUSE_MS = 250

export const commandLine: Check = {
  name: 'command line',
  about: '`state/cli` holds, whole, the command line that the director keeps for the host',
  fix: 'starts the director anew, which makes it',
  isOfReleases: false,
  find: (seen) => {
    const { kept } = seen.commandLine
    if (kept === 'whole' || containerOf(seen, 'director') === null) return []
    return [
      {
        severity: 'warning',
        sentence: `state/cli, the command line that the director keeps, is ${kept}: \`switchyard\` works by containers or not at all. Visitors are not concerned.`,
        remedy: '--fix starts the director anew, which makes it; while it runs it does so within a minute.',
        mend: keepAnew,
      },
    ]
  },
}

async function keepAnew(bench: Bench): Promise<void> {
  const { paths, commandPrefix } = bench.place
  await bench.restart('director')
  const untilMs = performance.now() + KEPT_WITHIN_MS
  while (performance.now() < untilMs) {
    if ((await lookAtCommandLine(paths, commandPrefix)).kept === 'whole') return
    await pause(PAUSE_MS)
  }
  throw new Error('the director has not made it; `npm run up` brings one that does')
}

export const hostCommand: Check = {
  name: 'host command',
  about: 'the command `switchyard` that set-up has installed on the host is there, and knows this project',
  fix: "installs it again; another program's is never touched",
  isOfReleases: false,
  find: ({ commandLine: { host, command } }) => {
    if (host === 'right' || host === 'none') return []
    return [host === 'foreign' ? foreign(command) : missing(host, command)]
  },
}

const foreign = (command: string): Finding => ({
  severity: 'warning',
  sentence: `${command} is another program's, in place of the command that set-up had installed. Visitors are not concerned.`,
  remedy:
    "Move it away and run the doctor with --fix, or leave it: `npx switchyard` works in the project's directory.",
  mend: null,
})

const missing = (host: 'lost' | 'incomplete', command: string): Finding => ({
  severity: 'warning',
  sentence:
    host === 'lost'
      ? `${command}, the command that set-up had installed, is missing. Visitors are not concerned.`
      : `${command} lacks what set-up had installed with it: its own Node, or the note of this project. Visitors are not concerned.`,
  remedy: '--fix installs it again.',
  mend: async ({ place: { paths, commandPrefix } }) => {
    const notes: string[] = []
    const progress = { note: (line: string) => notes.push(line) }
    // The doctor may run by the host's own Node, set-up runs by the lockfile's.
    const isThere = await installHostCommand(paths, commandPrefix, progress, { isOtherNodeKept: true })
    if (!isThere) throw new Error(notes.join(' '))
  },
})
