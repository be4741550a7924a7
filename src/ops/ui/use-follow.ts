'use client'
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

const AT_BOTTOM_PX = 12

type Follow = {
  box: RefObject<HTMLElement | null>
  isFollowing: boolean
  onScroll(): void
  toBottom(): void
}

/** Keeps a box scrolled to its bottom as its `end` moves on and as it changes its size, until someone scrolls up; back at the bottom it goes on. */
export function useFollow(end: number | undefined): Follow {
  const box = useRef<HTMLElement>(null)
  const [isFollowing, setIsFollowing] = useState(true)

  const toBottom = useCallback(() => {
    const element = box.current
    if (element) element.scrollTop = element.scrollHeight
    setIsFollowing(true)
  }, [])

  const onScroll = useCallback(() => {
    const element = box.current
    if (!element) return
    setIsFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < AT_BOTTOM_PX)
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new end is what asks for the scrolling
  useLayoutEffect(() => {
    const element = box.current
    if (element && isFollowing) element.scrollTop = element.scrollHeight
  }, [end, isFollowing])

  // Lines that break anew, and a box that grew or shrank, leave the end elsewhere.
  useEffect(() => {
    const element = box.current
    if (!element || !isFollowing) return
    const observer = new ResizeObserver(() => {
      element.scrollTop = element.scrollHeight
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [isFollowing])

  return { box, isFollowing, onScroll, toBottom }
}
