import { type DeployRequest, deployRequestSchema } from '../release/release.ts'

/** What the deploy form holds while it is filled in. */
export type DeployDraft = {
  kind: 'tree' | 'ref' | 'image' | 'build'
  ref: string
  image: string
  /** A deployment id. */
  build: string
  hasConsole: boolean
  label: string
  note: string
}

export const EMPTY_DRAFT: DeployDraft = {
  kind: 'tree',
  ref: '',
  image: '',
  build: '',
  hasConsole: true,
  label: '',
  note: '',
}

/** The request that a draft stands for; or what is still missing, or wrong with which field. */
export type DraftReading =
  | { is: 'complete'; request: DeployRequest }
  | { is: 'missing'; what: string }
  | { is: 'wrong'; labelProblem: string }

export function readDraft(draft: DeployDraft): DraftReading {
  if (draft.kind === 'ref' && draft.ref.trim() === '') return { is: 'missing', what: 'Enter a git ref.' }
  if (draft.kind === 'image' && draft.image.trim() === '') return { is: 'missing', what: 'Enter an image.' }
  if (draft.kind === 'build' && draft.build === '') return { is: 'missing', what: 'Choose a build.' }
  const parsed = deployRequestSchema.safeParse({
    source: sourceOf(draft),
    label: textOrNull(draft.label),
    note: textOrNull(draft.note),
  })
  if (parsed.success) return { is: 'complete', request: parsed.data }
  return { is: 'wrong', labelProblem: parsed.error.issues[0]?.message ?? 'This is not right.' }
}

function sourceOf({ kind, ref, image, build, hasConsole }: DeployDraft) {
  switch (kind) {
    case 'tree':
      return { kind }
    case 'ref':
      return { kind, ref: ref.trim() }
    case 'image':
      return { kind, image: image.trim(), hasConsole }
    case 'build':
      return { kind, build }
  }
}

function textOrNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim()
}
