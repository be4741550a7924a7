'use server'

import { builtAs } from '../../../config/built-as.ts'
import type { Done } from './done.ts'

export async function unchanged(): Promise<Done> {
  return { did: 'unchanged', build: builtAs }
}

export async function changed(): Promise<Done> {
  return { did: 'changed', build: builtAs }
}

export async function removed(): Promise<Done> {
  return { did: 'removed', build: builtAs }
}

/** Says back what was written, so that a wrong build could not pass for the right one. */
export async function answerForm(_previous: Done | null, form: FormData): Promise<Done> {
  return { did: String(form.get('text')), build: builtAs }
}
