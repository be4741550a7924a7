import { createHash } from 'node:crypto'
import { builtAs } from '../../../../config/built-as.ts'
import { servedBy } from '../../../../workload/served-by.ts'

const MAX_BYTES = 64 * 1024

/** Says what arrived, and which build and slot took it: for load tests and for a look at what a proxy passes on. */
export async function POST(request: Request): Promise<Response> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) return Response.json({ error: 'Send at most 64 KiB.' }, { status: 413 })
    hash.update(chunk)
  }
  const { slot, release, version, deploymentId } = servedBy()
  const body = { bytes, sha256: hash.digest('hex'), slot, release, version, deploymentId, builtAs }
  return Response.json(body, { headers: { 'cache-control': 'no-store' } })
}
