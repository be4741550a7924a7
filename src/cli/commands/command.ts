import type { Command } from 'commander'
import { z } from 'zod'
import type { ExitCode } from '../exit-codes.ts'
import type { Session } from '../session.ts'

/** Runs the work of a command with a session, shows how it failed where it throws, and sets the exit code. */
export type Run = (
  options: { isJson: boolean },
  work: (session: Session) => Promise<ExitCode>,
) => Promise<void>

/** What the environment says to commands. */
export type Surroundings = {
  /** The version of a deploy that names none: `APP_VERSION`. Asked within a session, when the project is the working directory. */
  appVersion(): Promise<string | null>
}

/** Adds one command to the program. */
export type AddCommand = (program: Command, run: Run, surroundings: Surroundings) => void

export const jsonFlag = ['--json', 'answer with JSON for programs'] as const

export const jsonOption = z.object({ json: z.boolean().default(false) })
