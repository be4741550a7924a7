import { changed, inserted, unchanged } from './actions.ts'

export const ACTIONS = { inserted, unchanged, changed } as const
