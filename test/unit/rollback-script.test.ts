import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { readRouting } from '../../src/nginx/read-generation.ts'
import { writeGeneration } from '../../src/nginx/switch.ts'
import { NO_ROUTING, nextRouting } from '../../src/release/routing.ts'
import type { Slot } from '../../src/release/slot.ts'
import { updateEnvFile } from '../../src/state/env-file.ts'
import { build } from '../fixtures/yard.ts'

/** How a slot answers for its health: at once, after 3 s, never, that it is ill, or as another release. */
type Ways = 'well' | 'slow' | 'hung' | 'ill' | 'other'

/** What may change as soon as the traffic has moved. */
type World = {
  slots: Record<Slot, Ways>
  /** `old` was not reloaded since it learnt to say which slot is live; `cut off` does not reach primary. */
  nginx: 'well' | 'hung' | 'old' | 'cut off' | 'stuck'
}

type Ran = { code: number; output: string; live: Slot | null | undefined; recorded: boolean }

const SCRIPT = join(import.meta.dirname, '..', '..', 'rollback.sh')

/** Runs the script on a system of files and small servers whose live slot is secondary; `afterMove` changes the world once it has moved. */
async function rolledBack(world: World, afterMove: Partial<World> = {}): Promise<Ran> {
  const root = mkdtempSync(join(tmpdir(), 'rollback-script-'))
  const liveDir = join(root, 'nginx', 'live')
  mkdirSync(join(root, 'state'))
  copyFileSync(SCRIPT, join(root, 'rollback.sh'))
  const builds = { primary: build(1), secondary: build(2) }
  await writeGeneration(liveDir, nextRouting(NO_ROUTING, { live: 'secondary', builds, bars: [], release: 2 }))
  const live = (): Slot => (existsSync(join(liveDir, 'current', 'live-secondary')) ? 'secondary' : 'primary')
  const now = (): World => (live() === 'primary' ? { ...world, ...afterMove } : world)
  const closers: (() => void)[] = []
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => {
      server.close()
      server.closeAllConnections()
    })
    const address = server.address()
    return String(address !== null && typeof address === 'object' ? address.port : 0)
  }
  const nginx: RequestListener = ({ url }, response) => {
    const { nginx: state, slots } = now()
    if (state === 'hung') return
    const served = state === 'stuck' ? 'secondary' : live()
    if (url === '/_switchyard/live')
      return void response.writeHead(state === 'old' ? 404 : 200).end(`${served}\n`)
    if (state === 'cut off' && served === 'primary') return void response.writeHead(502).end('No answer.')
    answerAs(served, slots[served], response)
  }
  try {
    await updateEnvFile(join(root, 'state', 'deployment_state.env'), {
      ...{ HTTP_ADDRESS: '127.0.0.1', HTTP_PORT: await serve(nginx), LIVE_SLOT: 'secondary' },
      PRIMARY_PORT: await serve((_, response) => answerAs('primary', now().slots.primary, response)),
      SECONDARY_PORT: await serve((_, response) => answerAs('secondary', now().slots.secondary, response)),
      ...{ PRIMARY_RELEASE: '1', SECONDARY_RELEASE: '2' },
    })
    const { code, output } = await ran(root)
    const env = readFileSync(join(root, 'state', 'deployment_state.env'), 'utf8')
    return {
      ...{ code, output, live: (await readRouting(liveDir))?.live },
      recorded: existsSync(join(root, 'state', 'rollback.json')) && env.includes('LIVE_SLOT=primary'),
    }
  } finally {
    for (const close of closers) close()
    rmSync(root, { recursive: true })
  }
}

function answerAs(slot: Slot, way: Ways, response: ServerResponse): void {
  if (way === 'hung') return
  const release = (slot === 'primary' ? 1 : 2) + (way === 'other' ? 90 : 0)
  const status = way === 'ill' ? 'degraded' : 'operational'
  response.writeHead(way === 'ill' ? 503 : 200, { 'x-served-by': slot })
  setTimeout(
    () => response.end(JSON.stringify({ status, slot, release })),
    way === 'slow' ? 3_000 : 0,
  ).unref()
}

function ran(root: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(join(root, 'rollback.sh'), { cwd: root }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code)
      resolve({ code, output: stdout + stderr })
    })
  })
}

const WELL: World = { slots: { primary: 'well', secondary: 'well' }, nginx: 'well' }
const slots = (primary: Ways, secondary: Ways): World => ({ ...WELL, slots: { primary, secondary } })
const MOVED = { live: 'primary', recorded: true } as const
const BACK = { live: 'secondary', recorded: false } as const

/** They wait for seconds, and for nothing that they share. */
suite('what ./rollback.sh takes for a move', { concurrency: true }, () => {
  test('a live slot that hangs keeps nobody from a healthy standby', async () => {
    const { code, output, ...rest } = await rolledBack(slots('well', 'hung'))
    assert.match(output, /^Done: nginx serves primary, release 1 \(generation 2\)\. The director takes/m)
    assert.deepEqual([code, rest], [0, MOVED])
  })

  test('where both slots are slow the move goes through, and that is said', async () => {
    const { code, output, ...rest } = await rolledBack(slots('slow', 'slow'))
    assert.match(
      output,
      /^But primary is slow to answer through nginx\. Look at the load of this machine\.$/m,
    )
    assert.deepEqual([code, rest], [0, MOVED])
  })

  test('where neither slot answers the move goes through, since visitors lose nothing by it', async () => {
    const { code, output, ...rest } = await rolledBack(slots('hung', 'hung'))
    assert.match(
      output,
      /^primary does not answer within 5 s, and neither does secondary: visitors lose nothing by the move\.$/m,
    )
    assert.match(
      output,
      /^But primary has not answered through nginx within 5 s, and secondary is no better\. Look at the load of this machine and at the log of the slot\.$/m,
    )
    assert.deepEqual([code, rest], [0, MOVED])
  })

  test('a standby that hangs is refused while the live slot answers', async () => {
    const { code, output, ...rest } = await rolledBack(slots('hung', 'well'))
    assert.match(
      output,
      /^The standby \(primary\) is not healthy: it does not answer on 127\.0\.0\.1:\d+\. The traffic stays with secondary; nothing has changed\.$/m,
    )
    assert.deepEqual([code, rest], [1, BACK])
  })

  test('a standby that falls silent once it has the visitors loses them to a slot that was well and is', async () => {
    const { code, output, ...rest } = await rolledBack(WELL, slots('hung', 'well'))
    assert.match(
      output,
      /^primary has not answered through nginx within 5 s, and secondary answers well\. Moving the traffic back to secondary\.$/m,
    )
    assert.deepEqual([code, rest], [1, BACK])
  })

  test('a slot that was silent with its visitors is no better for answering without them', async () => {
    const { code, ...rest } = await rolledBack(slots('well', 'hung'), slots('hung', 'well'))
    assert.equal(code, 0, rest.output)
    assert.deepEqual(rest.live, 'primary')
  })

  test('a standby that nginx does not reach loses the visitors, though it answers us', async () => {
    const { code, output, ...rest } = await rolledBack(WELL, { nginx: 'cut off' })
    assert.match(
      output,
      /^nginx gives errors of its own in place of primary, and secondary answers well\. Moving the traffic back to secondary\.$/m,
    )
    assert.deepEqual([code, rest], [1, BACK])
  })

  test('another release in the standby takes the move back', async () => {
    const { code, output, ...rest } = await rolledBack(WELL, slots('other', 'well'))
    assert.match(
      output,
      /^nginx did not serve primary within 10 s\. Moving the traffic back to secondary\.$/m,
    )
    assert.deepEqual([code, rest], [1, BACK])
  })

  test('an nginx that goes on with the slot of before takes the move back', async () => {
    const { code, ...rest } = await rolledBack(WELL, { nginx: 'stuck' })
    assert.equal(code, 1, rest.output)
    assert.equal(rest.live, 'secondary')
  })

  test('an nginx that hangs is waited for, and then the move is told as not confirmed', async () => {
    const { code, output, ...rest } = await rolledBack(WELL, { nginx: 'hung' })
    assert.match(
      output,
      /^Generation 2 is on the disk and leads visitors to primary, release 1, but nginx runs and has not said which slot it serves, and secondary is no better\.$/m,
    )
    assert.deepEqual([code, rest], [2, MOVED])
  })

  test('an nginx that was not reloaded yet is known by its answers', async () => {
    const { code, output, ...rest } = await rolledBack({ ...WELL, nginx: 'old' })
    assert.match(output, /^Done: nginx serves primary, release 1 \(generation 2\)/m)
    assert.deepEqual([code, rest], [0, MOVED])
  })
})
