import type { WrkRun } from '../wrk.ts'

/** A way to one static file, and the encoding in which it is asked for. */
export type Road = {
  title: string
  from: 'disk' | 'slot'
  encoding: 'gzip' | 'identity'
  url: string
  runs: WrkRun[]
}

/** Throws where the file does not come from there, or in another encoding: the road would be measured for another one. */
export async function checkRoad({ url, from, encoding }: Omit<Road, 'title' | 'runs'>): Promise<void> {
  const { status, headers, body } = await fetch(url, { headers: { 'accept-encoding': encoding } })
  await body?.cancel()
  if (status !== 200) throw new Error(`${url} is answered with ${status}.`)
  const origin = headers.get('x-served-by') ? 'slot' : 'disk'
  const encoded = headers.get('content-encoding') ?? 'identity'
  if (origin === from && encoded === encoding) return
  throw new Error(`${url} comes from the ${origin} as ${encoded}, not from the ${from} as ${encoding}.`)
}
