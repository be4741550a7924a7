'use client'
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react'

const AT_BOTTOM_PX = 12

type Follow = {
  box: RefObject<HTMLElement | null>
  isFollowing: boolean
  onScroll(): void
  toBottom(): void
}

/** Keeps a box scrolled to its bottom while it grows, until someone scrolls up; back at the bottom it goes on. */
export function useFollow(length: number): Follow {
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

  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer log is what asks for the scrolling
  useLayoutEffect(() => {
    const element = box.current
    if (element && isFollowing) element.scrollTop = element.scrollHeight
  }, [length, isFollowing])

  return { box, isFollowing, onScroll, toBottom }
}
