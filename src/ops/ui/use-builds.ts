'use client'
import useSWR from 'swr'
import { type PruneView, pruneViewSchema } from '../../release/prune-view.ts'
import { getView } from '../http.ts'

const PATH = '/api/ops/builds'
/** It changes with releases and with the hour; each look asks Docker for every image. */
const REFRESH_MS = 30_000

/** The stored builds: as the page brought them, and anew every half a minute and when asked to. A failed look keeps the last one. */
export function useBuilds(initial: PruneView): { view: PruneView; refresh(): void } {
  const { data, mutate } = useSWR<PruneView, unknown>(PATH, fetchBuilds, {
    fallbackData: initial,
    refreshInterval: REFRESH_MS,
    refreshWhenHidden: false,
    revalidateOnMount: false,
  })
  return { view: data ?? initial, refresh: () => void mutate() }
}

const fetchBuilds = (path: string): Promise<PruneView> => getView(pruneViewSchema, path)
