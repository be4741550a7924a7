'use client'
import { useEffect, useReducer } from 'react'
import type { Release } from '../../release/release.ts'
import { type FeedBatch, type FeedState, followRelease } from '../release-feed.ts'
import { appendLines, EMPTY_LOG, type LogBuffer } from '../view/log.ts'

export type ReleaseFeed = { id: number; release: Release | null; log: LogBuffer; state: FeedState }

type Change = { kind: 'batch'; id: number; batch: FeedBatch } | { kind: 'begin'; id: number }

function begun(id: number): ReleaseFeed {
  return { id, release: null, log: EMPTY_LOG, state: 'connecting' }
}

function reduce(feed: ReleaseFeed, change: Change): ReleaseFeed {
  if (change.kind === 'begin') return begun(change.id)
  if (change.id !== feed.id) return feed
  const { batch } = change
  return {
    ...feed,
    state: batch.state,
    release: batch.release ?? feed.release,
    log: appendLines(feed.log, batch.lines),
  }
}

/** One release as it goes: its newest state and its log. */
export function useReleaseFeed(id: number): ReleaseFeed {
  const [feed, change] = useReducer(reduce, id, begun)
  useEffect(() => {
    change({ kind: 'begin', id })
    const following = followRelease(id, (batch) => change({ kind: 'batch', id, batch }))
    return () => following.close()
  }, [id])
  return feed
}
