import { z } from 'zod'
import {
  type Control,
  isChoice,
  isControl,
  KEPT_FIELDS,
  type KeptField,
  type KeptForm,
  nameOf,
  pathHere,
  read,
} from './kept-fields.ts'
import { inTab } from './tab-storage.ts'

const MAX_AGE_MS = 60_000
const FORM_DEADLINE_MS = 5_000
const POLL_MS = 100

const fieldSchema = z.object({ type: z.string(), name: z.string(), value: z.string(), isOn: z.boolean() })
const keptSchema = z.object({
  at: z.number(),
  path: z.string(),
  forms: z.array(
    z.object({
      fields: z.array(fieldSchema),
      hidden: z.array(z.object({ name: z.string(), value: z.string() })),
      nth: z.number(),
      of: z.number(),
    }),
  ),
})

/** What became of what was written before a reload. `lost`: the page has no such form any more, and this was in it. */
export type Restored = { lost: { name: string; value: string }[] }

/**
 * Writes back what `keepFields` has put away, into the same form of the same page. Forms may come late, so they are
 * waited for a while. Null where there was nothing to write back.
 */
export async function restoreFields(signal: AbortSignal): Promise<Restored | null> {
  const kept = take()
  if (kept === null) return null
  const missing = await whileMissing(kept, signal)
  const filled = missing
    .flatMap(({ fields }) => fields)
    .filter(({ value, isOn }) => isOn && value.trim() !== '')
  return { lost: filled.map(({ name, value }) => ({ name, value })) }
}

function take(): KeptForm[] | null {
  const text = inTab((storage) => {
    const kept = storage.getItem(KEPT_FIELDS)
    storage.removeItem(KEPT_FIELDS)
    return kept
  })
  const parsed = keptSchema.safeParse(JSON.parse(text ?? 'null'))
  if (!parsed.success) return null
  const { at, path, forms } = parsed.data
  return path === pathHere() && Date.now() - at < MAX_AGE_MS ? forms : null
}

/** Fills each form as it appears; answers with those that never did. */
async function whileMissing(forms: readonly KeptForm[], signal: AbortSignal): Promise<KeptForm[]> {
  const untilMs = performance.now() + FORM_DEADLINE_MS
  let missing = [...forms]
  while (true) {
    missing = missing.filter((kept) => !fill(kept))
    if (missing.length === 0 || performance.now() > untilMs || signal.aborted) return missing
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Where several forms fit and their number has changed, none is the one for sure. */
function fill(kept: KeptForm): boolean {
  const fitting = [...document.forms].filter((form) => fits(form, kept))
  const form = fitting.length === kept.of ? fitting[kept.nth] : undefined
  if (form === undefined) return false
  for (const control of [...form.elements].filter(isControl)) {
    const fields = kept.fields.filter((field) => isOf(control, field))
    if (fields.length > 0) write(control, fields)
  }
  return true
}

/** The new build's form may have more fields, but must have these, and the same hidden values. */
function fits(form: HTMLFormElement, { fields, hidden }: KeptForm): boolean {
  const here = read(form)
  return (
    fields.every((field) =>
      here.fields.some(({ type, name }) => type === field.type && name === field.name),
    ) &&
    hidden.every(({ name, value }) =>
      here.hidden.some((other) => other.name === name && other.value === value),
    )
  )
}

function isOf(control: Control, { type, name, value }: KeptField): boolean {
  return control.type === type && nameOf(control) === name && (!isChoice(control) || control.value === value)
}

/** As if the visitor had done it, so that React takes notice: past its own setter, and with an event. */
function write(control: Control, fields: readonly KeptField[]): void {
  if (isChoice(control)) {
    if (fields.some(({ isOn }) => isOn) !== control.checked) control.click()
  } else if (control instanceof HTMLSelectElement) {
    for (const option of control.options) {
      option.selected = fields.some(({ value, isOn }) => isOn && value === option.value)
    }
    control.dispatchEvent(new Event('change', { bubbles: true }))
  } else {
    const prototype = Object.getPrototypeOf(control)
    Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(control, fields[0]?.value ?? '')
    control.dispatchEvent(new Event('input', { bubbles: true }))
  }
}
