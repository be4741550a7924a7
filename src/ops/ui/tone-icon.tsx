import { CircleAlert, CircleCheck, CircleDashed, LoaderCircle, TriangleAlert } from 'lucide-react'
import type { Tone } from '../view/tone.ts'
import { TONE_TEXT } from './tones.ts'

const ICONS = {
  good: CircleCheck,
  quiet: CircleDashed,
  busy: LoaderCircle,
  warn: TriangleAlert,
  bad: CircleAlert,
} as const

/** A tone as a shape; the word stands beside it. */
export function ToneIcon({ tone, size = 15 }: { tone: Tone; size?: number }) {
  const Icon = ICONS[tone]
  const turning = tone === 'busy' ? ' animate-spin [animation-duration:1.6s]' : ''
  return <Icon aria-hidden="true" size={size} className={`shrink-0 ${TONE_TEXT[tone]}${turning}`} />
}
