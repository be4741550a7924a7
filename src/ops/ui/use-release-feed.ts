'use client'
import { useEffect, useReducer } from 'react'
import type { Release } from '../../release/release.ts'
import { type FeedBatch, type FeedState, followRelease } from '../release-feed.ts'
import { appendLines, EMPTY_LOG, type LogBuffer } from '../view/log.ts'

export type ReleaseFeed = { release: Release | null; log: LogBuffer; state: FeedState }

const BEGUN: ReleaseFeed = { release: null, log: EMPTY_LOG, state: 'connecting' }

function reduce(feed: ReleaseFeed, batch: FeedBatch): ReleaseFeed {
  return {
    state: batch.state,
    release: batch.release ?? feed.release,
    log: appendLines(feed.log, batch.lines),
  }
}

/** One release as it goes: its newest state and its log. Whoever shows another release is another component, by its key. */
export function useReleaseFeed(id: number): ReleaseFeed {
  const [feed, take] = useReducer(reduce, BEGUN)
  useEffect(() => {
    const following = followRelease(id, take)
    return () => following.close()
  }, [id])
  return feed
}
