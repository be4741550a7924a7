import { director } from '../../../../ops/director.ts'
import { relay } from '../../../../ops/relay.ts'
import { reconnectMs, stopSignal } from '../../../../workload/drain.ts'

type Context = { params: Promise<{ path: string[] }> }

export const dynamic = 'force-dynamic'

/** `/api/ops/X` is the director's `/v1/X`: state, history, event streams, sign-in. */
export function GET(request: Request, { params }: Context): Promise<Response> {
  return passOn(request, params)
}

/** The same for verbs, so that a tab whose server actions are of an older build still works. */
export function POST(request: Request, { params }: Context): Promise<Response> {
  return passOn(request, params)
}

async function passOn(request: Request, params: Context['params']): Promise<Response> {
  const { path } = await params
  return relay(request, path, { client: director(), stop: stopSignal(), retryMs: reconnectMs() })
}
