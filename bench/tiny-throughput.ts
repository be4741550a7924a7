import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import Docker from 'dockerode'
import { reasonOf } from '../src/release/errors.ts'
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
  needsRealSystem: false,
  run: async (context) => {
    const docker = new Docker()
    await getRivals(docker, context.log)
    const rig = await startRig({ publishesSlots: true })
    try {
      const roads = await build(rig, context)
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

/** A way to the primary slot. `error` says why it is left out. */
type Road = { name: RoadName; url: string; runs: WrkRun[]; error: string | null }

type Address = { host: string; httpPort: number }

const STARTS: Readonly<Record<RoadName, (rig: Rig, tlsDir: string) => Promise<Address>>> = {
  direct: async (rig) => ({ host: rig.slotAddress('primary'), httpPort: 3000 }),
  plain: startPlain,
  switchyard: async (rig, tlsDir) => (await switchyard.start(rig, tlsDir)).address,
  article: async (rig, tlsDir) => (await article.start(rig, tlsDir, 21)).address,
  articleWithoutLog: async (rig, tlsDir) => (await articleWithoutLog.start(rig, tlsDir, 22)).address,
}

const ROAD_NAMES = ['direct', 'plain', 'switchyard', 'article', 'articleWithoutLog'] as const

/** All of them run at once, so that rounds can take turns. One that does not run here must not cost the others' numbers. */
async function build(rig: Rig, { log, signal }: BenchContext): Promise<Road[]> {
  const tlsDir = await makeCertificate(rig.docker, rig.dir)
  const roads: Road[] = []
  for (const name of ROAD_NAMES) {
    signal.throwIfAborted()
    const road: Road = { name, url: '', runs: [], error: null }
    roads.push(road)
    await orLeaveOut(road, log, async () => {
      const { host, httpPort } = await STARTS[name](rig, tlsDir)
      road.url = `http://${host}:${httpPort}/`
    })
  }
  return roads
}

async function orLeaveOut(road: Road, log: BenchContext['log'], run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (cause) {
    road.error = reasonOf(cause)
    road.runs.length = 0
    log(`${TITLES[road.name]} is left out: ${road.error}`)
  }
}

async function startPlain(rig: Rig): Promise<Address> {
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
      if (!road || road.error !== null) continue
      await orLeaveOut(road, log, async () => {
        road.runs.push(await runWrk(rig, road.url, seconds))
      })
    }
    const said = roads
      .filter(({ error }) => error === null)
      .map(({ name, runs }) => `${name} ${Math.round(runs[round]?.requestsPerSecond ?? 0)}`)
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
  const way = (name: RoadName) => ({
    name: WAYS[name],
    runs: runsOf(name),
    error: roads.find((road) => road.name === name)?.error ?? null,
  })
  const { rounds, seconds } = length(isFull)
  return {
    title: `wrk, ${CONNECTIONS} connections, nginx ${nginx}`,
    columns: ['way', 'requests/s', 'of direct', 'of plain', 'p99', 'failed'],
    rows: roads.map(({ name, runs, error }) => {
      if (error !== null) return [TITLES[name], '–', '–', '–', '–', `failed to run: ${error}`]
      return [
        TITLES[name],
        String(Math.round(median(runs.map(rate)))),
        inTable(ratio(name, 'direct')),
        inTable(ratio(name, 'plain')),
        `${median(runs.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`,
        String(runs.reduce((sum, { failed }) => sum + failed, 0)),
      ]
    }),
    targets: [
      ratioTarget('requests/s of a plain `proxy_pass`', OF_PLAIN, way('switchyard'), way('plain')),
      ratioTarget(
        'requests/s of the article’s',
        OF_ARTICLE,
        way('switchyard'),
        way('article'),
        logWords(ratio('switchyard', 'articleWithoutLog'), ratio('article', 'articleWithoutLog')),
      ),
    ],
    notes: [
      `Medians of ${rounds} rounds of ${seconds} s in turn, GET of a page of 1 KB; ratios are medians of each round’s own. wrk, the proxies and the slot share this machine’s cores, so the ratios to direct are pessimistic.`,
      'Plain: two workers as Switchyard’s, connections to the slot kept, no log: the strictest yardstick.',
      'The article’s writes its log to Docker, as the official image does, and reaches the slot through a port of the host. Where its description leaves it open, it is rebuilt the faster way: connections to the slot are kept.',
    ],
  }
}

/** A ratio to what was left out has no number. */
const inTable = (ratio: number): string => (Number.isNaN(ratio) ? '–' : ratio.toFixed(2))

function logWords(ownOfSilent: number, loggedOfSilent: number): string {
  if (Number.isNaN(ownOfSilent)) return ''
  const percentLost = ((1 - loggedOfSilent) * 100).toFixed(0)
  return `Against the article’s with its log off it is ${ownOfSilent.toFixed(2)} ×, and the article’s own log costs it ${percentLost} % of its requests/s.`
}
