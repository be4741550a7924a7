/**
 * A set-up that can't go on. `what` says what happened, `next` what to do about it, both whole sentences;
 * `detail` is the output that shows it, already capped.
 */
export class SetupFailure extends Error {
  override readonly name: string = 'SetupFailure'
  readonly what: string
  readonly next: string
  readonly detail: string | null

  constructor(what: string, next: string, options: { cause?: unknown; detail?: string | undefined } = {}) {
    super(`${what} ${next}`, { cause: options.cause })
    this.what = what
    this.next = next
    this.detail = options.detail ?? null
  }
}

/** Settings that can't be used here: the sentences are all that there is to tell, and nothing has been done yet. */
export class SettingsRefusal extends SetupFailure {
  override readonly name = 'SettingsRefusal'
}

/** The user was asked and said no: nothing went wrong, and `message` is all that there is to tell. */
export class Declined extends Error {
  override readonly name = 'Declined'
}
