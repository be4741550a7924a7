import { changed, removed, unchanged } from './actions.ts'

export const ACTIONS = { unchanged, changed, removed } as const
