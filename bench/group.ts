/** What was to be reached, and whether it was. */
export type Target = {
  name: string
  limit: string
  seen: string
  isMet: boolean
  /** What was measured of why it was missed, a sentence; null where nothing was. */
  why: string | null
}

export type Table = {
  title: string
  columns: readonly string[]
  rows: readonly (readonly string[])[]
  targets: readonly Target[]
  notes: readonly string[]
}

export type BenchContext = { isFull: boolean; log(text: string): void; signal: AbortSignal }

/** One group of measurements: its number in the report, its title, how it is run. */
export type Group = {
  number: number
  title: string
  /** It leaves the whole system with real builds running, for the next that needs it. */
  needsRealSystem: boolean
  run(context: BenchContext): Promise<Table[]>
}
