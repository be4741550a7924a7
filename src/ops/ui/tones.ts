import type { Tone } from '../view/tone.ts'

/** Text and line colours of a tone. */
export const TONE_TEXT: Readonly<Record<Tone, string>> = {
  good: 'text-live',
  quiet: 'text-ink-faint',
  busy: 'text-standby',
  warn: 'text-warn',
  bad: 'text-bad',
}

/** A tinted ground with its text. */
export const TONE_WASH: Readonly<Record<Tone, string>> = {
  good: 'bg-live-wash text-live',
  quiet: 'bg-sunken text-ink-muted',
  busy: 'bg-standby-wash text-standby',
  warn: 'bg-warn-wash text-warn',
  bad: 'bg-bad-wash text-bad',
}
