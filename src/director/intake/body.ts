import { ReleaseError } from '../../release/errors.ts'

/** The text of a request's body, of which no more than `capBytes` is ever kept. Throws `too-large`, and `bad-request` where it breaks off. */
export async function readCapped(request: Request, capBytes: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > capBytes) throw tooLarge(capBytes)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength
      if (size > capBytes) throw tooLarge(capBytes)
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof ReleaseError) throw cause
    throw new ReleaseError('bad-request', { reason: 'its body broke off' }, { cause })
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(capBytes: number): ReleaseError {
  return new ReleaseError('too-large', { cap: String(capBytes) })
}
