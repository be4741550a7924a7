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

type Place = { nth: number; of: number }

const touched = new Map<HTMLFormElement, { path: string; place: Place }>()

/**
 * Remembers the forms that a visitor writes into: by the time of a reload an error may have taken them off the page. What
 * was sent is not to be kept: React resets a form when its action is done, and other forms lead to another page.
 */
export function watchForms(): () => void {
  const onInput = ({ target }: Event) => {
    const form = isControl(target) ? target.form : null
    const path = pathHere()
    if (form === null || touched.get(form)?.path === path) return
    for (const other of touched.keys()) if (!other.isConnected) touched.delete(other)
    touched.set(form, { path, place: placeOf(form) })
  }
  const onReset = ({ target, defaultPrevented }: Event) => {
    if (target instanceof HTMLFormElement && !defaultPrevented) touched.delete(target)
  }
  const end = new AbortController()
  addEventListener('input', onInput, { capture: true, signal: end.signal })
  addEventListener('reset', onReset, { signal: end.signal })
  return () => end.abort()
}

/** Puts what was written away until the page is there again. Passwords, files and the like never leave the page. */
export function keepFields(): void {
  const here = pathHere()
  const forms = [...touched]
    .filter(([form, { path }]) => path === here && openControls(form).some(isFilled))
    .map(([form, { place }]) => ({ ...read(form), ...place }))
  if (forms.length === 0) return
  const kept: Kept = { at: Date.now(), path: here, forms }
  const isKept = inTab((storage) => {
    storage.setItem(KEPT_FIELDS, JSON.stringify(kept))
    return true
  })
  if (isKept !== true) console.warn('What was written on this page is more than this tab can keep.')
}

export const pathHere = (): string => location.pathname + location.search

export function isControl(target: unknown): target is Control {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
}

/** What a form holds that may be kept, and the hidden values that tell it from others like it. */
export function read(form: HTMLFormElement): Pick<KeptForm, 'fields' | 'hidden'> {
  const controls = openControls(form)
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

/** A choice that stands as it first stood says nothing: each list and each group of radio buttons has one that is taken. */
function isFilled(control: Control): boolean {
  if (control instanceof HTMLSelectElement) return isChosen(control)
  if (isChoice(control)) return control.checked !== control.defaultChecked
  return control.type !== 'hidden' && control.value.trim() !== ''
}

function isChosen(select: HTMLSelectElement): boolean {
  const options = [...select.options]
  const marked = options.filter(({ defaultSelected }) => defaultSelected)
  // Where none is marked, a list to choose one from starts at the first that may be chosen.
  const first = select.multiple ? marked : [marked.at(-1) ?? options.find(({ disabled }) => !disabled)]
  return options.some((option) => option.selected !== first.includes(option))
}

const openControls = (form: HTMLFormElement): Control[] => [...form.elements].filter(isControl).filter(isOpen)

const CLOSED_TYPES: readonly string[] = ['password', 'file', 'submit', 'button', 'image', 'reset']

function isOpen(control: Control): boolean {
  const name = nameOf(control)
  if (name === '' || isSecretName(name) || CLOSED_TYPES.includes(control.type)) return false
  return !/password|one-time-code|\bcc-/.test(control.autocomplete)
}

function placeOf(form: HTMLFormElement): Place {
  const alike = [...document.forms].filter((other) => looks(other) === looks(form))
  return { nth: alike.indexOf(form), of: alike.length }
}

/** The fields of a form by name, whatever is in them, and its hidden values. */
function looks(form: HTMLFormElement): string {
  const { fields, hidden } = read(form)
  return JSON.stringify([fields.map(({ type, name }) => [type, name]), hidden])
}
