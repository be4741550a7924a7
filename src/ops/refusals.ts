import { ReleaseError, type ReleaseErrorBody } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'

const VISITORS = 'nginx needs no director: while it runs, visitors are served.'

/** What the console says where the director can't be asked. */
export function directorUnreachable(): ReleaseErrorBody {
  const error = new ReleaseError('internal', {
    reason: 'The release director does not answer on its socket.',
  })
  return describeError(error, VISITORS)
}

/** Whether it was the director that could not be asked, and not the way to the console. */
export function isDirectorUnreachable({ what }: ReleaseErrorBody): boolean {
  return what === directorUnreachable().what
}

/** A director of before this console's page was there answers that it has no such address. */
export function directorIsOlder(reason: string): ReleaseErrorBody {
  return describeError(new ReleaseError('protocol', { reason }), VISITORS)
}

/** Next lets a server action without an `Origin` through; a browser always sends one, so we don't. */
export function originMissing(): ReleaseErrorBody {
  return describeError(new ReleaseError('origin'), VISITORS)
}

/** The first problem of a form or a body, as a refusal. */
export function badRequest(reason: string): ReleaseErrorBody {
  return describeError(new ReleaseError('bad-request', { reason }), VISITORS)
}

/** What the browser says where not even the console's own server answers it. */
export function consoleUnreachable(): ReleaseErrorBody {
  const error = new ReleaseError('internal', { reason: 'The console got no answer from its server.' })
  return {
    ...describeError(error, 'Whether visitors are served can not be seen from this browser.'),
    next: 'Check the connection.',
  }
}

/** What the console says where the director would not end a session. */
export function signOutRefused(status: number): ReleaseErrorBody {
  const error = new ReleaseError('internal', {
    reason: `You are still signed in: the director answered ${status}.`,
  })
  return describeError(error, VISITORS)
}

/** What the browser says where a verb was sent and its answer lost: sending it twice could undo it. */
export function answerLost(verb: string): ReleaseErrorBody {
  const error = new ReleaseError('internal', { reason: `The answer to ${verb} was lost on the way.` })
  return {
    ...describeError(error, 'It may or may not have begun.'),
    next: 'Look at the slots and the history below before you try again.',
  }
}
