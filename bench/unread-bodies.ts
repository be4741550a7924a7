import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MADE_IMAGES } from '../src/setup/image-names.ts'
import { until } from '../test/engine/until.ts'
import { startRig } from './docker/rig.ts'
import type { BenchContext, Group, Table, Target } from './group.ts'
import { sendVisits, type Visits } from './load/visits.ts'
import { realSystem } from './real/system.ts'
import { percentile } from './statistics.ts'

const VISITS = 2_000
const UPLOADS = 200
const LIMIT = 1.5
const READY_WITHIN_MS = 30_000
/** With and without uploads in turn, so that what drifts does so for both. */
const ROUNDS = 2

/** What answers that leave a body unread do to other visitors: here, and to Next's own server behind a plain nginx. */
export const unreadBodies: Group = {
  number: 8,
  title: 'Answers that leave a body unread, real Next',
  needsRealSystem: true,
  run: async (context) => {
    const real = await realSystem(context)
    const image = real.images[0]
    if (image === undefined) throw new Error('The system has no image.')
    const own = await measure('Switchyard', new URL(real.nginxUrl), context)
    const plain = await behindPlainNginx(image, (url) =>
      measure('Next’s own server behind a plain nginx', url, context),
    )
    return [table([own, plain], own)]
  },
}

type Way = { title: string; quiet: Visits; busy: Visits }

async function measure(title: string, url: URL, { log, signal }: BenchContext): Promise<Way> {
  const way: Way = { title, quiet: [], busy: [] }
  await sendVisits({ url, visits: 100, uploads: 0, signal })
  for (let round = 1; round <= ROUNDS; round++) {
    for (const [kind, uploads] of [
      ['quiet', 0],
      ['busy', UPLOADS / ROUNDS],
    ] as const) {
      way[kind].push(...(await sendVisits({ url, visits: VISITS / ROUNDS, uploads, signal })))
      log(`${title}, round ${round} of ${ROUNDS}, ${kind}: p99 ${p99(way[kind]).toFixed(1)} ms so far`)
    }
  }
  return way
}

/** The app's own code would bring what the preload does; it is told that the preload was there first. */
const WITHOUT = "Object.defineProperty(globalThis, Symbol.for('switchyard.preload'), { value: true })\n"

async function behindPlainNginx(image: string, run: (url: URL) => Promise<Way>): Promise<Way> {
  const rig = await startRig()
  try {
    const files = join(rig.dir, 'plain')
    const conf = await readFile(join(import.meta.dirname, 'rivals/plain.conf'), 'utf8')
    await writeFile(`${files}.cjs`, WITHOUT)
    await writeFile(
      `${files}.conf`,
      conf
        .replace('.11:3000', '.13:3000')
        .replace('{\n  access_log', '{\n  client_max_body_size 10m;\n  access_log'),
    )
    const next = await rig.startProxy({
      name: 'next',
      host: 13,
      container: {
        Image: image,
        Env: [
          'SLOT=primary',
          'SWITCHYARD_RELEASE=1',
          'KEEP_ALIVE_TIMEOUT=75000',
          'NODE_OPTIONS=--require /plain.cjs',
        ],
        HostConfig: { Binds: [`${files}.cjs:/plain.cjs:ro`], NanoCpus: 1e9, Memory: 512 * 1024 * 1024 },
      },
    })
    await until('Next answers', READY_WITHIN_MS, async () =>
      (await fetch(`http://${next.address}:3000/api/system/status`).catch(() => null))?.ok ? true : null,
    )
    const nginx = await rig.startProxy({
      name: 'plain',
      host: 20,
      container: {
        Image: MADE_IMAGES.nginx,
        Cmd: ['nginx', '-c', '/plain.conf', '-g', 'daemon off;'],
        HostConfig: { Binds: [`${files}.conf:/plain.conf:ro`] },
      },
    })
    const url = new URL(`http://${nginx.address}:8080`)
    await until('nginx answers', READY_WITHIN_MS, async () =>
      (await fetch(url).catch(() => null))?.ok ? true : null,
    )
    return await run(url)
  } finally {
    await rig.stop()
  }
}

const hung = (visits: Visits): number => visits.filter(({ status }) => status === null).length
const wrong = (visits: Visits): number =>
  visits.filter(({ status }) => status !== null && status !== 200).length
const p99 = (visits: Visits): number =>
  percentile(
    visits.map(({ tookMs }) => tookMs),
    99,
  )

function table(ways: readonly Way[], own: Way): Table {
  return {
    title: `${VISITS} visits, with and without ${UPLOADS} uploads of 1 MB that are answered 413 half read`,
    columns: ['way', 'visits', 'p50', 'p99', 'hung', 'failed'],
    rows: ways.flatMap(({ title, quiet, busy }) =>
      [[`${title}, visits alone`, quiet] as const, [`${title}, uploads among them`, busy] as const].map(
        ([words, visits]) => [
          words,
          String(visits.length),
          `${percentile(
            visits.map(({ tookMs }) => tookMs),
            50,
          ).toFixed(1)} ms`,
          `${p99(visits).toFixed(1)} ms`,
          String(hung(visits)),
          String(wrong(visits)),
        ],
      ),
    ),
    targets: [hungTarget(own), p99Target(own)],
    notes: [
      'Visits are GET of the first page at 50 a second whatever comes back, on kept connections and fresh ones in turn; an upload is a POST to /api/echo, which stops reading at 64 KiB. A visit that has no answer within 10 s is hung, and is counted as 10 s.',
      'The plain nginx has one `proxy_pass` with `keepalive` and as many workers; the slot has the same image and limits without what Switchyard adds.',
    ],
  }
}

function hungTarget({ busy }: Way): Target {
  const seen = hung(busy) + wrong(busy)
  return { name: 'Visits that hung or failed', limit: '0', seen: String(seen), isMet: seen === 0, why: null }
}

function p99Target({ quiet, busy }: Way): Target {
  const ratio = p99(busy) / p99(quiet)
  return {
    name: 'p99 of the visits, with uploads against without',
    limit: `≤ ${LIMIT} ×`,
    seen: `${ratio.toFixed(2)} ×`,
    isMet: ratio <= LIMIT,
    why: null,
  }
}
