/** What an action did, by the build that did it. */
export type Done = { did: string; build: string }
