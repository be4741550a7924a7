import { join } from 'node:path'
import { Agent, request } from 'undici'
import { setupLinkSchema } from '../../src/director/protocol.ts'
import type { EngineSystem } from '../engine/engine-system.ts'

/** The console as the director sees it: the slots' socket, an operator's session, the site's own origin. */
export type Console = {
  /** Asks for a deploy of an image; answers with the HTTP status. */
  deploy(image: string): Promise<number>
}

const OPERATOR = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }
const HOST = 'shop.example.org'

/** Makes the first operator by the one-time link and keeps the session. */
export async function openConsole({ dir, director }: EngineSystem): Promise<Console> {
  const socketPath = join(dir, 'state/run/primary/director.sock')
  const { path } = await director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })
  const token = path.slice(path.indexOf('=') + 1)
  const { cookie } = await post(socketPath, '/setup', { token, ...OPERATOR })
  return {
    deploy: async (image) => {
      const body = { source: { kind: 'image', image, hasConsole: true } }
      return (await post(socketPath, '/deploy', body, cookie)).status
    },
  }
}

async function post(socketPath: string, path: string, body: unknown, cookie = '') {
  const dispatcher = new Agent({ connect: { socketPath } })
  const {
    statusCode,
    headers,
    body: answer,
  } = await request(`http://director/v1${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: `http://${HOST}`,
      'x-forwarded-host': HOST,
      'x-forwarded-proto': 'http',
      'x-real-ip': '203.0.113.7',
      ...(cookie === '' ? {} : { cookie }),
    },
    body: JSON.stringify(body),
    dispatcher,
  })
  const text = await answer.text()
  await dispatcher.close()
  if (statusCode === 200 || statusCode === 202 || statusCode === 409) {
    const cookies = [headers['set-cookie'] ?? []].flat().map((line) => line.split(';')[0])
    return { status: statusCode, cookie: cookies.join('; ') }
  }
  throw new Error(`The console's ${path} was answered ${statusCode}: ${text}`)
}
