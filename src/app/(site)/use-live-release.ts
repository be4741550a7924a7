import useSWR from 'swr'
import { type StatusPayload, statusPayloadSchema } from '../../release/status-payload.ts'

const POLL_MS = 2_000
const RETRY_MS = 2_000
const DEADLINE_MS = 4_000

/** Asks as a new visitor would: without this tab's deployment id, on whatever slot is live. A slot that is not ready answers 503 with the same body. */
async function readStatus(path: string): Promise<StatusPayload> {
  const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(DEADLINE_MS) })
  return statusPayloadSchema.parse(await response.json())
}

/** The release that new visitors get, and one line about it when something is amiss. */
export function useLiveRelease(): { place: StatusPayload | null; note: string } {
  const { data, error } = useSWR('/api/system/status', readStatus, {
    refreshInterval: POLL_MS,
    dedupingInterval: POLL_MS / 2,
    // SWR polls no more after an error, and its own way to try again waits ever longer.
    onErrorRetry: (_error, _key, _config, revalidate, { retryCount }) => {
      setTimeout(() => void revalidate({ retryCount }), RETRY_MS)
    },
  })
  if (error) return { place: data ?? null, note: 'No answer to the last question.' }
  if (!data) return { place: null, note: 'Asking…' }
  return { place: data, note: data.status === 'operational' ? '' : `It says that it is ${data.status}.` }
}
