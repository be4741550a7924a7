'use client'
import { type RefObject, useEffect, useRef } from 'react'

/** Takes the focus of a form to the first field that is wrong, each time `problems` changes. */
export function useFirstProblem(problems: unknown): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: new problems are what asks for the focus
  useEffect(() => {
    const field = form.current?.querySelector('[aria-invalid="true"]')
    if (field instanceof HTMLElement) field.focus()
  }, [problems])
  return form
}
