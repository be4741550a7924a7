import { z } from 'zod'
import { isSecretName } from './secret-name.ts'

/** What a visitor had put into one field. A secret is named and not repeated; of a file only its name has come along. */
export type SentField =
  | { kind: 'text'; name: string; value: string }
  | { kind: 'file'; name: string; value: string }
  | { kind: 'secret'; name: string }

/** React writes which action a form runs into fields of these names, where the page has no JavaScript to do it. */
const MARK = '$ACTION_'
const ID = /^[0-9a-f]{42}$/

const boundSchema = z.object({ id: z.string() })

/** The ids of the actions that a form without JavaScript asks for; empty where it asks for none. */
export function actionsOf(form: FormData): string[] {
  return [...new Set(form.keys())]
    .flatMap((name) => {
      if (name.startsWith('$ACTION_ID_')) return name.slice('$ACTION_ID_'.length)
      if (name.startsWith('$ACTION_REF_')) return boundAction(form, name.slice('$ACTION_REF_'.length))
      return []
    })
    .filter((id) => ID.test(id))
}

/** An action with bound arguments, as `useActionState` makes it, is described by a field of its own. */
function boundAction(form: FormData, number: string): string[] {
  const described = form.get(`${MARK}${number}:0`)
  if (typeof described !== 'string') return []
  try {
    return [boundSchema.parse(JSON.parse(described)).id]
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof z.ZodError) return []
    throw cause
  }
}

/** What the visitor had filled in, in the form's order, without what is empty. */
export function fieldsOf(form: FormData): SentField[] {
  return [...form].filter(([name]) => !name.startsWith(MARK)).flatMap(([name, value]) => field(name, value))
}

function field(name: string, value: FormDataEntryValue): SentField[] {
  if (typeof value !== 'string') return value.name === '' ? [] : [{ kind: 'file', name, value: value.name }]
  if (value.trim() === '') return []
  return isSecretName(name) ? [{ kind: 'secret', name }] : [{ kind: 'text', name, value }]
}
