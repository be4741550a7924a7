import type { Target } from './group.ts'

/** The limit of what has none and is only to be shown. */
export const SHOWN = 'shown'

/** What Switchyard is to reach, whether or not a group has measured it: a gap must show. */
export type WantedTarget = {
  number: number
  name: string
  limit: string
  /** Whether a target of a group of this number is this one. */
  isMeasuredBy(target: Target): boolean
}

const wanted = (number: number, name: string, limit: string, pattern: RegExp): WantedTarget => ({
  number,
  name,
  limit,
  isMeasuredBy: (target) => pattern.test(target.name),
})

export const WANTED_TARGETS: readonly WantedTarget[] = [
  wanted(1, 'requests failed in 20 flips, tiny slots', '0', /^requests failed.* flips$/),
  wanted(1, 'streams cut in 20 flips, tiny slots', '0', /^streams cut.* flips$/),
  wanted(1, 'flips confirmed', '20 of 20', /^flips confirmed$/),
  wanted(
    1,
    'the load that was meant was sent',
    '≥ 500 requests/s, 200 slow requests, 50 WebSockets, 50 event streams',
    /^the load that was meant was sent/,
  ),
  wanted(2, 'requests failed in 6 real releases and rollbacks', '0', /^failed requests/i),
  wanted(2, 'browser tabs broken', '0', /^tabs broken/i),
  wanted(3, 'first request at the new slot after the rename, median', '≤ 5 ms', /^first request at the new/),
  wanted(3, 'last new request at the old slot after the rename', '≤ 10 ms', /^last new request at the old/),
  wanted(3, 'confirmed through nginx', '≤ 50 ms', /^confirmed through nginx/),
  wanted(3, 'rollback, from the verb to confirmed, median', '≤ 100 ms', /^rollback, from the verb/),
  wanted(5, 'rollback from the click', '≤ 300 ms', /^rollback from the click/i),
  wanted(4, 'requests/s of a plain `proxy_pass`', '≥ 0.85 ×', /plain/),
  wanted(4, 'requests/s of the article’s', '≥ 2 ×', /article/),
  wanted(4, 'static files from disk against through the slot', '≥ 1.5 ×', /^static files/i),
  wanted(5, 'cost of a release', '≤ 1.5 s', /^cost of a release/i),
  wanted(5, 'memory of the director at rest', '≤ 120 MB', /^memory of the director/i),
  wanted(5, 'CPU of the director at rest', '≤ 1 % of a core', /^CPU of the director/i),
  wanted(6, 'p99 of a visitor during a build and at the switch, against at rest', SHOWN, /p99/i),
  wanted(7, 'CPU of counting the traffic', '< 2 % of a core at 1,000 lines/s', /^CPU of counting/),
].toSorted((one, other) => one.number - other.number)
