import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import Docker from 'dockerode'
import { MADE_IMAGES } from '../src/setup/image-names.ts'
import { makeCertificate } from './docker/certificate.ts'
import { type Rig, startRig } from './docker/rig.ts'
import { getRivals, RIVALS_IMAGE } from './docker/rivals-image.ts'
import { runIn } from './docker/run-in.ts'
import type { BenchContext, Group, Table } from './group.ts'
import { nginxVersion } from './machine.ts'
import { ratiosOf, ratioTarget } from './ratio-target.ts'
import { article, articleWithoutLog } from './rivals/article.ts'
import { confirmBySlot } from './rivals/confirm.ts'
import { switchyard } from './rivals/switchyard.ts'
import { median } from './statistics.ts'
import { parseWrk, type WrkRun } from './wrk.ts'

const CONNECTIONS = 32
const THREADS = 2
const OF_PLAIN = 0.85
const OF_ARTICLE = 2

const length = (isFull: boolean) => (isFull ? { rounds: 9, seconds: 10 } : { rounds: 3, seconds: 4 })

export const tinyThroughput: Group = {
  number: 4,
  title: 'Throughput, tiny slots',
  run: async (context) => {
    const docker = new Docker()
    await getRivals(docker, context.log)
    const rig = await startRig({ publishesSlots: true })
    try {
      const roads = await build(rig)
      const nginx = await nginxVersion(docker, MADE_IMAGES.nginx)
      return [table(await measure(rig, roads, context), context.isFull, nginx)]
    } finally {
      await rig.stop()
    }
  },
}

type RoadName = 'direct' | 'plain' | 'switchyard' | 'article' | 'articleWithoutLog'

const TITLES: Readonly<Record<RoadName, string>> = {
  direct: 'direct, no proxy',
  plain: 'plain `proxy_pass`, no log',
  switchyard: 'Switchyard, whole configuration with its log',
  article: 'the article’s',
  articleWithoutLog: 'the article’s, log off',
}

/** As a sentence says through what requests went. */
const WAYS: Readonly<Record<RoadName, string>> = {
  direct: 'with no proxy',
  plain: 'through a plain `proxy_pass`',
  switchyard: 'through Switchyard’s',
  article: 'through the article’s',
  articleWithoutLog: 'through the article’s with its log off',
}

/** A way to the primary slot. */
type Road = { name: RoadName; url: string; runs: WrkRun[] }

/** All of them run at once, so that rounds can take turns. */
async function build(rig: Rig): Promise<Road[]> {
  const tlsDir = await makeCertificate(rig.docker, rig.dir)
  const plain = await startPlain(rig)
  const own = await switchyard.start(rig, tlsDir)
  const logged = await article.start(rig, tlsDir, 21)
  const silent = await articleWithoutLog.start(rig, tlsDir, 22)
  const road = (name: RoadName, { host, httpPort }: { host: string; httpPort: number }): Road => ({
    name,
    url: `http://${host}:${httpPort}/`,
    runs: [],
  })
  return [
    road('direct', { host: rig.slotAddress('primary'), httpPort: 3000 }),
    road('plain', plain),
    road('switchyard', own.address),
    road('article', logged.address),
    road('articleWithoutLog', silent.address),
  ]
}

async function startPlain(rig: Rig): Promise<{ host: string; httpPort: number }> {
  const dir = join(rig.dir, 'plain')
  await mkdir(dir)
  await cp(join(import.meta.dirname, 'rivals', 'plain.conf'), join(dir, 'nginx.conf'))
  const { address } = await rig.startProxy({
    name: 'plain',
    host: 20,
    container: {
      Image: MADE_IMAGES.nginx,
      Entrypoint: [],
      Cmd: ['nginx', '-c', '/etc/sybench/proxy/nginx.conf', '-g', 'daemon off;'],
      HostConfig: { Binds: [`${dir}:/etc/sybench/proxy:ro`] },
    },
  })
  const where = { host: address, httpPort: 8080 }
  await confirmBySlot(where, 'primary', AbortSignal.timeout(20_000))
  return where
}

/** Each round measures every road, beginning with another one, so that what drifts does so for all. */
async function measure(
  rig: Rig,
  roads: readonly Road[],
  { isFull, log, signal }: BenchContext,
): Promise<readonly Road[]> {
  const { rounds, seconds } = length(isFull)
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < roads.length; turn++) {
      signal.throwIfAborted()
      const road = roads[(round + turn) % roads.length]
      road?.runs.push(await runWrk(rig, road.url, seconds))
    }
    const said = roads.map(({ name, runs }) => `${name} ${Math.round(runs[round]?.requestsPerSecond ?? 0)}`)
    log(`round ${round + 1} of ${rounds}, requests/s: ${said.join(', ')}`)
  }
  return roads
}

async function runWrk(rig: Rig, url: string, seconds: number): Promise<WrkRun> {
  const argv = ['wrk', `-t${THREADS}`, `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', url]
  return parseWrk(await runIn(rig.docker, RIVALS_IMAGE, argv, { ...rig.beside, name: 'sybench-tiny-wrk' }))
}

function table(roads: readonly Road[], isFull: boolean, nginx: string): Table {
  const runsOf = (name: RoadName) => roads.find((road) => road.name === name)?.runs ?? []
  const rate = ({ requestsPerSecond }: WrkRun) => requestsPerSecond
  /** Of each round, so that a round in which the machine was busy counts for both. */
  const ratio = (name: RoadName, other: RoadName) => median(ratiosOf(runsOf(name), runsOf(other)))
  const way = (name: RoadName) => ({ name: WAYS[name], runs: runsOf(name) })
  const { rounds, seconds } = length(isFull)
  return {
    title: `wrk, ${CONNECTIONS} connections, nginx ${nginx}`,
    columns: ['way', 'requests/s', 'of direct', 'of plain', 'p99', 'failed'],
    rows: roads.map(({ name, runs }) => [
      TITLES[name],
      String(Math.round(median(runs.map(rate)))),
      ratio(name, 'direct').toFixed(2),
      ratio(name, 'plain').toFixed(2),
      `${median(runs.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`,
      String(runs.reduce((sum, { failed }) => sum + failed, 0)),
    ]),
    targets: [
      ratioTarget('requests/s of a plain `proxy_pass`', OF_PLAIN, way('switchyard'), way('plain')),
      ratioTarget(
        'requests/s of the article’s',
        OF_ARTICLE,
        way('switchyard'),
        way('article'),
        `Against the article’s with its log off it is ${ratio('switchyard', 'articleWithoutLog').toFixed(2)} ×, and the article’s own log costs it ${percentLost(ratio('article', 'articleWithoutLog'))} % of its requests/s.`,
      ),
    ],
    notes: [
      `Medians of ${rounds} rounds of ${seconds} s in turn, GET of a page of 1 KB; ratios are medians of each round’s own. wrk, the proxies and the slot share this machine’s cores, so the ratios to direct are pessimistic.`,
      'Plain: two workers as Switchyard’s, connections to the slot kept, no log: the strictest yardstick.',
      'The article’s writes its log to Docker, as the official image does, and reaches the slot through a port of the host. Where its description leaves it open, it is rebuilt the faster way: connections to the slot are kept.',
    ],
  }
}

const percentLost = (ratio: number): string => ((1 - ratio) * 100).toFixed(0)
