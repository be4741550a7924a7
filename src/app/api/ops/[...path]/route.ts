import { director } from '../../../../ops/director.ts'
import { relay } from '../../../../ops/relay.ts'
import { stopSignal } from '../../../../workload/drain.ts'

type Context = { params: Promise<{ path: string[] }> }

export const dynamic = 'force-dynamic'

/** `/api/ops/X` is the director's `/v1/X`: state, history, event streams, sign-in. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return relay(request, (await params).path, { client: director(), stop: stopSignal() })
}

/** The same for verbs, so that a tab whose server actions are of an older build still works. */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  return relay(request, (await params).path, { client: director(), stop: stopSignal() })
}
