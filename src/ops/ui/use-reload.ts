'use client'
import { useCallback, useState } from 'react'
import { duration } from '../../words/quantities.ts'
import type { ConsoleActions } from '../verbs.ts'
import type { News } from './notice.tsx'

/** Reload nginx, while it runs and what became of it. */
export function useReload({ reload }: Pick<ConsoleActions, 'reload'>) {
  const [isRunning, setIsRunning] = useState(false)
  const [news, setNews] = useState<News | null>(null)
  const forget = useCallback(() => setNews(null), [])

  async function run() {
    setIsRunning(true)
    setNews(null)
    const outcome = await reload()
    setIsRunning(false)
    setNews(
      outcome.ok
        ? { kind: 'done', sentence: sentenceOf(outcome.value.tookMs) }
        : { kind: 'refused', error: outcome.error },
    )
  }

  return { isRunning, news, run, forget }
}

function sentenceOf(tookMs: number): string {
  return `nginx was reloaded in ${duration(tookMs)}; its new workers answer.`
}
