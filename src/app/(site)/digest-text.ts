'use server'

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { builtAs } from '../../config/built-as.ts'
import { servedBy } from '../../workload/served-by.ts'
import type { DigestOutcome } from './digest-outcome.ts'

const formSchema = z.object({
  text: z
    .string('Enter some text.')
    .trim()
    .min(1, 'Enter some text.')
    .max(200, 'Use at most 200 characters.'),
})

let runs = 0

/** The SHA-256 of the form's `text`, and which build worked it out. Any input is answered; none is kept. */
export async function digestText(_previous: DigestOutcome, form: FormData): Promise<DigestOutcome> {
  const given = form.get('text')
  const parsed = formSchema.safeParse({ text: given })
  const text = typeof given === 'string' ? given.slice(0, 1_000) : ''
  if (!parsed.success) return { kind: 'refused', text, reason: parsed.error.issues[0]?.message ?? '' }
  runs++
  const { slot, release } = servedBy()
  const sha256 = createHash('sha256').update(parsed.data.text).digest('hex')
  return { kind: 'done', text: parsed.data.text, sha256, slot, release, builtAs, runs }
}
