import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import Docker from 'dockerode'
import { z } from 'zod'
import { getRivals, RIVALS_IMAGE } from './docker/rivals-image.ts'
import { runIn } from './docker/run-in.ts'
import type { BenchContext, Group, Table } from './group.ts'
import { ratiosOf, ratioTarget } from './ratio-target.ts'
import { checkRoad, type Road } from './real/road.ts'
import { type RealSystem, realSystem } from './real/system.ts'
import { median } from './statistics.ts'
import { parseWrk, type WrkRun } from './wrk.ts'

const LIMIT = 1.5
const CONNECTIONS = 32
/** Of the files of a build, the one nearest to this is asked for. */
const WANTED_BYTES = 50_000
const ENCODINGS = ['identity', 'gzip'] as const

const length = (isFull: boolean) => (isFull ? { rounds: 9, seconds: 10 } : { rounds: 3, seconds: 4 })

/** Static files of a real build from nginx's disk, against the same files through the slot. */
export const staticFiles: Group = {
  number: 4,
  title: 'Static files, real Next',
  needsRealSystem: true,
  run: async (context) => {
    const real = await realSystem(context)
    await getRivals(new Docker(), context.log)
    const file = await pickFile(real)
    const roads = roadsTo(real, file)
    for (const road of roads) await checkRoad(road)
    await measure(roads, context)
    return [table(roads, file, context.isFull)]
  },
}

type StaticFile = { path: string; bytes: number; deploymentId: string }

async function pickFile({ system, status }: RealSystem): Promise<StaticFile> {
  const deploymentId = z.string().parse((await status()).live?.deploymentId)
  const directory = join(system.dir, 'state/assets', deploymentId)
  const found: StaticFile[] = []
  for (const path of await readdir(directory, { recursive: true })) {
    if (!path.endsWith('.js')) continue
    found.push({ path: `/${path}`, bytes: (await stat(join(directory, path))).size, deploymentId })
  }
  const distance = ({ bytes }: StaticFile) => Math.abs(bytes - WANTED_BYTES)
  const [nearest] = found.toSorted((one, other) => distance(one) - distance(other))
  if (!nearest) throw new Error(`${directory} holds no script.`)
  return nearest
}

/** Asked without its build's id, nginx finds no file and passes the request on to the live slot, which has the same one. */
function roadsTo({ nginxUrl }: RealSystem, { path, deploymentId }: StaticFile): Road[] {
  return ENCODINGS.flatMap((encoding) => [
    { title: 'from disk', from: 'disk', encoding, url: `${nginxUrl}${path}?dpl=${deploymentId}`, runs: [] },
    { title: 'through the slot', from: 'slot', encoding, url: `${nginxUrl}${path}`, runs: [] },
  ])
}

/** Roads take turns within each round, so that what drifts does so for all. */
async function measure(roads: readonly Road[], { isFull, log, signal }: BenchContext): Promise<void> {
  const { rounds, seconds } = length(isFull)
  const docker = new Docker()
  for (let round = 0; round < rounds; round++) {
    for (const { url, encoding, runs } of roads) {
      signal.throwIfAborted()
      const argv = ['wrk', '-t2', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency']
      const header = ['-H', `Accept-Encoding: ${encoding}`]
      const options = { HostConfig: { NetworkMode: 'host' } }
      runs.push(parseWrk(await runIn(docker, RIVALS_IMAGE, [...argv, ...header, url], options)))
    }
    const said = roads.map(
      ({ title, encoding, runs }) =>
        `${title} ${encoding} ${Math.round(runs[round]?.requestsPerSecond ?? 0)}`,
    )
    log(`round ${round + 1} of ${rounds}, requests/s: ${said.join(', ')}`)
  }
}

function table(roads: readonly Road[], { path, bytes }: StaticFile, isFull: boolean): Table {
  const { rounds, seconds } = length(isFull)
  return {
    title: `wrk, ${CONNECTIONS} connections, a script of ${Math.round(bytes / 1_000)} KB`,
    columns: ['way', 'encoding', 'requests/s', 'of the slot’s', 'p99', 'failed'],
    rows: roads.map(({ title, encoding, from, runs }) => [
      title,
      encoding,
      String(Math.round(median(runs.map(({ requestsPerSecond }) => requestsPerSecond)))),
      `${(from === 'disk' ? ratioOf(roads, encoding) : 1).toFixed(2)} ×`,
      `${median(runs.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`,
      String(runs.reduce((sum, { failed }) => sum + failed, 0)),
    ]),
    targets: ENCODINGS.map((encoding) =>
      ratioTarget(
        `Static files from disk against through the slot, ${encoding}`,
        LIMIT,
        { name: 'from disk', runs: runsOf(roads, 'disk', encoding), error: null },
        { name: 'through the slot', runs: runsOf(roads, 'slot', encoding), error: null },
      ),
    ),
    notes: [
      `Medians of ${rounds} rounds of ${seconds} s in turn; the ratio is the median of each round’s own, and each encoding has its own target. The file is ${path}.`,
    ],
  }
}

const ratioOf = (roads: readonly Road[], encoding: Road['encoding']): number =>
  median(ratiosOf(runsOf(roads, 'disk', encoding), runsOf(roads, 'slot', encoding)))

function runsOf(roads: readonly Road[], from: Road['from'], encoding: Road['encoding']): readonly WrkRun[] {
  return roads.find((road) => road.from === from && road.encoding === encoding)?.runs ?? []
}
