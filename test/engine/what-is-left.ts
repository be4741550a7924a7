import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { directorClient } from '../../src/director/client.ts'
import { setupLinkSchema } from '../../src/director/protocol.ts'
import { pruneViewSchema } from '../../src/release/prune-view.ts'
import type { EngineSystem } from './engine-system.ts'

export const ADA = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }

/** Asks as the console in a slot does, at the socket that slots of before have; answers with the cookies that it is given. */
export async function asConsole(
  system: EngineSystem,
  path: string,
  body: unknown,
  cookie = '',
): Promise<{ seen: unknown; cookie: string }> {
  const client = directorClient(join(system.dir, 'state/run/slots/director.sock'))
  try {
    const answer = await client.raw(path, {
      ...(body === null ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        ...{ origin: 'http://shop.example.org', 'x-forwarded-host': 'shop.example.org' },
        ...{ 'x-forwarded-proto': 'http', 'x-real-ip': '203.0.113.7', cookie },
      },
    })
    const seen: unknown = await answer.json()
    assert.equal(answer.status, 200, JSON.stringify(seen))
    const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0])
    return { seen, cookie: cookies.join('; ') }
  } finally {
    await client.close()
  }
}

/** Makes the first operator, and answers with the cookie of the session that this begins. */
export async function firstOperator(system: EngineSystem): Promise<string> {
  const { path } = await system.director.call(setupLinkSchema, '/v1/setup-link', { method: 'POST' })
  const [, token] = path.split('token=')
  return (await asConsole(system, '/v1/setup', { ...ADA, token })).cookie
}

/** What operators and root have left with the system. */
export async function whatIsLeft(system: EngineSystem) {
  const { barred, freeze } = await system.status()
  const { kept } = await system.director.call(pruneViewSchema, '/v1/prune', {
    method: 'POST',
    body: JSON.stringify({ dryRun: true }),
  })
  const { Config } = await (await system.container('director')).inspect()
  const { Memory } = (await (await system.container('runtime_primary')).inspect()).HostConfig
  return {
    ...{ barred, freeze, memory: Memory },
    history: (await system.history()).map(({ id, state }) => ({ id, state })),
    kept: kept.map(({ deploymentId }) => deploymentId),
    whyKept: kept.find(({ deploymentId }) => deploymentId === '1-0-0')?.why,
    settings: Config.Env.filter((line) =>
      /^(KEEP_BUILDS|HEALTH_DEADLINE_SECONDS|DRAIN_CAP_SECONDS)=/.test(line),
    ).sort(),
    files: ['switchyard.env', 'app.env'].map((name) => readFileSync(join(system.dir, name), 'utf8')),
  }
}
