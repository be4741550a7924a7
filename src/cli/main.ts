import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { appVersionOf } from '../config/app-version.ts'
import { hostClient } from '../director/host-client.ts'
import { ask } from './ask.ts'
import type { Run } from './commands/command.ts'
import { EXIT } from './exit-codes.ts'
import { createProgram } from './program.ts'
import { failureOf, showRefusal } from './refusal.ts'
import { createScreen } from './screen.ts'
import { createSession } from './session.ts'

const { env, stdin, stdout, stderr } = process
const projectDir = env.SWITCHYARD_DIR ?? join(import.meta.dirname, '..', '..')
const ENV_FILE = 'state/deployment_state.env'
const SETTINGS_FILE = 'switchyard.env'
const isTerminal = stdout.isTTY === true && env.TERM !== 'dumb'
/** CI may have a terminal too; it says that it is none of a person's. */
const isPerson = stdin.isTTY === true && stdout.isTTY === true && !env.CI
const screen = createScreen(stdout, stderr, { isTerminal, hasColour: isTerminal && !env.NO_COLOR })

const run: Run = async ({ isJson }, work) => {
  // A unix socket's address may have 107 bytes; relative to the project it is short wherever the project is.
  if (existsSync(projectDir)) process.chdir(projectDir)
  const client = hostClient('state/run/host/director.sock')
  const user = env.SUDO_USER ?? userInfo().username
  const session = createSession(client, {
    ...{ user, screen, isJson, detach: detachSignal() },
    ask: isPerson && !isJson ? (question) => ask(question, { isYesByDefault: false }) : null,
  })
  try {
    process.exitCode = await work(session)
  } catch (cause) {
    const { body, exitCode } = await failureOf(cause, ENV_FILE)
    if (isJson) screen.json({ error: body })
    else showRefusal(screen, body)
    process.exitCode = exitCode
  } finally {
    await client.close()
  }
}

/** Aborted by the first Ctrl-C, or when the terminal goes away. A second one ends the process at once. */
function detachSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

// `switchyard history | head` closes the pipe on us; there is no one left to tell how it ends.
stdout.on('error', () => process.exit(EXIT.detached))

try {
  await createProgram(run, { appVersion: () => appVersionOf(env, SETTINGS_FILE) }).parseAsync()
} catch (cause) {
  if (!(cause instanceof CommanderError)) throw cause
  process.exitCode = cause.exitCode === 0 ? EXIT.done : EXIT.usage
}
