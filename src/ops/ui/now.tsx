'use client'
import { createContext, type ReactNode, use, useEffect, useState, useSyncExternalStore } from 'react'
import { ago, elapsed } from '../../words/quantities.ts'

const TICK_MS = 1_000

const NowContext = createContext(0)

/**
 * The director's clock, ticking. `startMs` is the time that the page was rendered with, so that server and
 * browser draw the same; `skewMs` is how far the director's clock is ahead of this browser's. Without it the page
 * tells: it was rendered just before its first byte came.
 */
export function NowProvider({
  startMs,
  skewMs,
  children,
}: {
  startMs: number
  skewMs?: number
  children: ReactNode
}) {
  const [nowMs, setNowMs] = useState(startMs)
  useEffect(() => {
    const aheadMs = skewMs ?? startMs - pageCameAtMs()
    const tick = () => setNowMs(Date.now() + aheadMs)
    tick()
    const timer = setInterval(tick, TICK_MS)
    return () => clearInterval(timer)
  }, [skewMs, startMs])
  return <NowContext value={nowMs}>{children}</NowContext>
}

/** When the first byte of this page came, by the browser's own clock. */
function pageCameAtMs(): number {
  const [navigation] = performance.getEntriesByType('navigation')
  const sinceStartMs = navigation instanceof PerformanceNavigationTiming ? navigation.responseStart : 0
  return performance.timeOrigin + sinceStartMs
}

/** Milliseconds since 1970 by the director's clock, renewed every second. */
export function useNowMs(): number {
  return use(NowContext)
}

const nothingToWatch = () => () => undefined

/** False on the server and in the first pass of the browser, so that local times do not break hydration. */
export function useIsInBrowser(): boolean {
  return useSyncExternalStore(
    nothingToWatch,
    () => true,
    () => false,
  )
}

/** `3 m ago`, with the full time as its title. */
export function Ago({ at }: { at: string }) {
  return (
    <time dateTime={at} title={useLocalTime(at)}>
      {ago(useNowMs() - Date.parse(at))}
    </time>
  )
}

/** Time since `at`, ticking. */
export function Elapsed({ since }: { since: string }) {
  return <time dateTime={since}>{elapsed(useNowMs() - Date.parse(since))}</time>
}

/** Date and time to the second in the operator's own zone; UTC until the browser draws. */
export function ExactMoment({ at }: { at: string }) {
  const isInBrowser = useIsInBrowser()
  return (
    <time dateTime={at} title={useLocalTime(at)}>
      {isInBrowser ? EXACT_MOMENT.format(new Date(at)) : at.slice(0, 19).replace('T', ' ')}
    </time>
  )
}

/** `24 Nov, 01:21` in the operator's own zone. */
export function Moment({ at }: { at: string }) {
  const isInBrowser = useIsInBrowser()
  const text = isInBrowser ? MOMENT.format(new Date(at)) : at.slice(0, 16).replace('T', ' ')
  return (
    <time dateTime={at} title={useLocalTime(at)}>
      {text}
    </time>
  )
}

const MOMENT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})

const EXACT_MOMENT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

const TIME_OF_DAY = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** `01:21:30` in the operator's own zone. */
export function localTimeOfDay(at: string): string {
  return TIME_OF_DAY.format(new Date(at))
}

function useLocalTime(at: string): string {
  return useIsInBrowser() ? `${new Date(at).toLocaleString('en-GB', { timeZoneName: 'short' })}` : at
}
