import { markWords } from './keep-mark.ts'
import { wordsOf } from './messages.ts'
import type { LogSink } from './ports.ts'
import { type PruneView, pruneView } from './prune-view.ts'
import type { Source } from './release.ts'
import { type Decision, decide, type Hold, type Verdict } from './retention.ts'
import { SLOTS } from './slot.ts'
import type { Parts } from './steps.ts'
import { usedRuntimes } from './used-runtimes.ts'

/** Holds the lock while `work` removes one thing. Throws where it can't be had: then nothing more is removed. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>

export type PruneOptions = {
  turn?: Turn
  /** After so long no other build is begun with. */
  forMs?: number
}

/** More releases than a journal has. */
const ALL = 1_000_000
const MAX_ROUNDS = 10_000

/** What would go now. Changes nothing, and needs no lock. */
export async function previewPrune(parts: Parts, signal: AbortSignal): Promise<PruneView> {
  return pruneView(await decideNow(parts, signal), null)
}

/** Whether `prune` would remove anything now. */
export async function isPruneNeeded(parts: Parts, signal: AbortSignal): Promise<boolean> {
  const { going, logs } = await decideNow(parts, signal)
  if (going.length + logs.length > 0 || (await parts.stock.take(signal)).hasHalves) return true
  return parts.runtimes.prune(await usedRuntimes(parts), false)
}

/**
 * Removes what is to go, one build after another, the oldest first, and looks anew before each: what is used by then stays,
 * and where the disk was short no more goes than it takes. One that Docker does not let go is told and stays.
 * Throws what keeps it from being told what is in use, such as `routing-edited` and `docker-unreachable`; what has gone by then has.
 */
export async function prune(
  parts: Parts,
  log: LogSink,
  signal: AbortSignal,
  { turn = (work) => work(), forMs = Number.POSITIVE_INFINITY }: PruneOptions = {},
): Promise<PruneView> {
  const progress: Progress = { gone: [], stays: new Map(), log }
  await turn(() => parts.stock.sweep())
  const endMs = performance.now() + forMs
  for (let round = 0; round < MAX_ROUNDS && performance.now() < endMs; round++) {
    if (!(await turn(() => removeNext(parts, progress, signal)))) break
  }
  const logs = await turn(() => removeLogs(parts, signal))
  await turn(async () => parts.runtimes.prune(await usedRuntimes(parts), true))
  return pruneView(await decideNow(parts, signal, { stays: progress.stays }), { gone: progress.gone, logs })
}

/**
 * Makes room where the disk is short, so that a release need not be refused: first what only costs time goes, then old builds. Never
 * throws: preflight says what is still short.
 */
export async function makeRoom(parts: Parts, log: LogSink, signal: AbortSignal): Promise<void> {
  try {
    const { missingBytes } = await parts.stock.take(signal)
    if (missingBytes === 0) return
    await parts.stock.dropCaches(signal)
    await prune(parts, log, signal)
  } catch (cause) {
    log(`Old builds could not be pruned: ${wordsOf(cause)}.`)
  }
}

/** How many builds would go before a deploy of `source`, and whether they take up what is missing on the disk. Changes nothing. */
export async function roomToBeMade(
  parts: Parts,
  source: Source,
  signal: AbortSignal,
): Promise<{ builds: number; isEnough: boolean }> {
  const { missingBytes } = await parts.stock.take(signal)
  const asked = source.kind === 'image' ? [{ image: source.image, why: 'It is to be deployed.' }] : []
  const { going } = await decideNow(parts, signal, { asked })
  const freedBytes = going.reduce((sum, { build }) => sum + build.bytes, 0)
  return { builds: going.length, isEnough: going.length > 0 && freedBytes >= missingBytes }
}

type Progress = {
  gone: Verdict[]
  /** Why images that were to go stay, by Docker's id of them. */
  stays: Map<string, string>
  log: LogSink
}

async function removeNext(
  parts: Parts,
  { gone, stays, log }: Progress,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted()
  const decision = await decideNow(parts, signal, { stays })
  const [next] = decision.going
  if (!next) return false
  const { image, deploymentId, version } = next.build
  const name = deploymentId === null ? version : `${version} (${deploymentId})`
  const refusal = image && (await parts.stock.removeImage(image, signal))
  if (image !== null && refusal !== null) {
    stays.set(image.id, refusal)
    log(`${name} stays: ${refusal}`)
    return true
  }
  await removeAssets(parts, next, decision)
  gone.push(next)
  log(`Pruned ${name}. ${next.why}`)
  return true
}

/** After the image: static files outlive it, never the other way round. Two images may be of one build. */
async function removeAssets({ stock }: Parts, { build }: Verdict, { kept, going }: Decision): Promise<void> {
  const { deploymentId, hasAssets } = build
  const others = [...kept, ...going].filter((other) => other.build !== build)
  const isShared = others.some((other) => other.build.deploymentId === deploymentId)
  if (deploymentId !== null && hasAssets && !isShared) await stock.removeAssets(deploymentId)
}

async function removeLogs(parts: Parts, signal: AbortSignal): Promise<readonly number[]> {
  const { logs } = await decideNow(parts, signal)
  for (const release of logs) await parts.stock.removeLog(release)
  return logs
}

async function decideNow(
  parts: Parts,
  signal: AbortSignal,
  { stays = new Map(), asked = [] }: { stays?: ReadonlyMap<string, string>; asked?: readonly Hold[] } = {},
): Promise<Decision> {
  const { stock, journal, bars, settings } = parts
  const inventory = await stock.take(signal)
  return decide({
    inventory,
    stays,
    releases: journal.list({ before: null, limit: ALL }),
    holds: [...(await holdsOf(parts)), ...asked, ...inventory.named.map((image) => ({ image, why: NAMED }))],
    bars: bars.list(),
    keep: settings.keep,
    nowMs: Date.now(),
  })
}

const NAMED = 'state/deployment_state.env names it, and a plain `docker compose up` would start it.'

/** What visitors get, what stands by, what their tabs are pinned to, what somebody keeps, and what a release under way has to do with. */
async function holdsOf({ traffic, journal, keepMarks }: Parts): Promise<Hold[]> {
  const routing = await traffic.read()
  const slots = SLOTS.toSorted(
    (one, other) => Number(other === routing?.live) - Number(one === routing?.live),
  )
  return [
    ...slots.map((slot) => {
      const why =
        slot === routing?.live ? `Visitors get it from ${slot}.` : `${slot} holds it, to roll back to.`
      return { ...journal.holderOf(slot)?.build, why }
    }),
    ...(routing?.pins ?? []).map(({ deploymentId }) => ({
      deploymentId,
      why: 'Open tabs are kept with it.',
    })),
    ...keepMarks.list().map((mark) => ({ deploymentId: mark.deploymentId, why: markWords(mark) })),
    ...journal.unfinished().flatMap(({ id, source, build, replaces }) => {
      const why = `Release ${id} is under way with it.`
      // Room is made before the image that is to be deployed has become the release's build.
      const asked = source.kind === 'image' ? { image: source.image } : null
      return [asked, build, replaces].flatMap((held) => (held === null ? [] : [{ ...held, why }]))
    }),
  ]
}
