import { isSecretName } from './secret-name.ts'
import { inTab } from './tab-storage.ts'

export const KEPT_FIELDS = 'switchyard:kept-fields'

export type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement
/** One control and what was in it. A choice is a checkbox, a radio button or an option; its `isOn` says whether it was taken. */
export type KeptField = { type: string; name: string; value: string; isOn: boolean }
/** `nth` of `of`: where the form stood among those that looked the same, as in a list with a form in each row. */
export type KeptForm = {
  fields: KeptField[]
  hidden: { name: string; value: string }[]
  nth: number
  of: number
}
export type Kept = { at: number; path: string; forms: KeptForm[] }

const touched = new Map<HTMLFormElement, { nth: number; of: number }>()

/** Remembers the forms that a visitor writes into: by the time of a reload an error may have taken them off the page. */
export function watchForms(): () => void {
  const onInput = ({ target }: Event) => {
    const form = isControl(target) ? target.form : null
    if (form === null || touched.has(form)) return
    for (const other of touched.keys()) if (!other.isConnected) touched.delete(other)
    touched.set(form, placeOf(form))
  }
  addEventListener('input', onInput, { capture: true })
  return () => removeEventListener('input', onInput, { capture: true })
}

/** Puts what was written away until the page is there again. Passwords, files and the like never leave the page. */
export function keepFields(): void {
  const forms = [...touched].map(([form, place]) => ({ ...read(form), ...place }))
  const filled = forms.filter(({ fields }) => fields.some(({ value, isOn }) => isOn && value.trim() !== ''))
  if (filled.length === 0) return
  const kept: Kept = { at: Date.now(), path: location.pathname + location.search, forms: filled }
  const isKept = inTab((storage) => {
    storage.setItem(KEPT_FIELDS, JSON.stringify(kept))
    return true
  })
  if (isKept !== true) console.warn('What was written on this page is more than this tab can keep.')
}

export function isControl(target: unknown): target is Control {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
}

/** What a form holds that may be kept, and the hidden values that tell it from others like it. */
export function read(form: HTMLFormElement): Pick<KeptForm, 'fields' | 'hidden'> {
  const controls = [...form.elements].filter(isControl).filter(isOpen)
  return {
    fields: controls.filter(({ type }) => type !== 'hidden').flatMap(fieldsOf),
    hidden: controls
      .filter(({ type, name }) => type === 'hidden' && !name.startsWith('$ACTION_'))
      .map(({ name, value }) => ({ name, value })),
  }
}

export const nameOf = ({ name, id }: Control): string => name || id

export const isChoice = (control: Control): control is HTMLInputElement =>
  control.type === 'checkbox' || control.type === 'radio'

function fieldsOf(control: Control): KeptField[] {
  const { type, value } = control
  const name = nameOf(control)
  if (control instanceof HTMLSelectElement) {
    return [...control.options].map((option) => ({ type, name, value: option.value, isOn: option.selected }))
  }
  return [{ type, name, value, isOn: isChoice(control) ? control.checked : true }]
}

const CLOSED_TYPES: readonly string[] = ['password', 'file', 'submit', 'button', 'image', 'reset']

function isOpen(control: Control): boolean {
  const name = nameOf(control)
  if (name === '' || isSecretName(name) || CLOSED_TYPES.includes(control.type)) return false
  return !/password|one-time-code|\bcc-/.test(control.autocomplete)
}

function placeOf(form: HTMLFormElement): { nth: number; of: number } {
  const alike = [...document.forms].filter((other) => looks(other) === looks(form))
  return { nth: alike.indexOf(form), of: alike.length }
}

/** The fields of a form by name, whatever is in them, and its hidden values. */
function looks(form: HTMLFormElement): string {
  const { fields, hidden } = read(form)
  return JSON.stringify([fields.map(({ type, name }) => [type, name]), hidden])
}
