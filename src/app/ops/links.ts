import type { ConsoleActions } from '../../ops/verbs.ts'
import {
  abort,
  bar,
  deploy,
  endSessions,
  freeze,
  prune,
  reload,
  rollback,
  signOut,
  unbar,
  unfreeze,
} from './actions.ts'

/** The addresses of the console, in one place. */
export const LINKS = {
  home: '/ops',
  signIn: '/ops/sign-in',
  sessionEnded: '/ops/sign-in?ended=1',
  history: '/ops/releases',
  releasePrefix: '/ops/releases/',
  builds: '/ops/builds',
  operators: '/ops/operators',
} as const

export const consoleActions: ConsoleActions = {
  ...{ deploy, rollback, abort, bar, unbar },
  ...{ freeze, unfreeze, prune, reload, signOut, endSessions },
}
