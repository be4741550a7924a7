import { EventEmitter } from 'node:events'
import type { Release } from '../release/release.ts'

/** Tells those who follow a release that it, or its log, has changed. Carries no data: they read what is durable. */
export type Changes = {
  announce(release: number): void
  /** Calls `listener` at each change of `release` until `signal` is aborted. */
  follow(release: number, listener: () => void, signal: AbortSignal): void
}

export function releaseChanges(): Changes {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  const nameOf = (release: Release['id']): string => `release-${release}`
  return {
    announce: (release) => {
      emitter.emit(nameOf(release))
    },
    follow: (release, listener, signal) => {
      emitter.on(nameOf(release), listener)
      signal.addEventListener('abort', () => emitter.off(nameOf(release), listener), { once: true })
    },
  }
}
