import useSWR from 'swr'
import { fetchFromThisBuild } from '../../workload/this-build.ts'
import { isOfBuild, type Origin, originSchema } from './own-build.ts'

const AGAIN_MS = 10_000
const DEADLINE_MS = 4_000

/**
 * Whether the requests of this tab still get the build that it came from; null while that is not known. Asked anew as
 * soon as `live` is another one, and not at all where that is null.
 */
export function useOwnBuild(page: Origin, live: { slot: string; release: number } | null): boolean | null {
  const key = live && ['/api/echo', live.slot, live.release]
  const { data, error } = useSWR(key, readOrigin, { refreshInterval: AGAIN_MS })
  return error || !data ? null : isOfBuild(page, data)
}

/** Unlike the status, which is always of the live slot, this is answered as everything else in this tab is. */
async function readOrigin(): Promise<Origin> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const response = await fetchFromThisBuild('/api/echo', { method: 'POST', signal })
  return originSchema.parse(await response.json())
}
