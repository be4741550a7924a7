import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readGeneration } from '../../src/nginx/read-generation.ts'
import type { RoutingState } from '../../src/release/ports.ts'
import type { Release } from '../../src/release/release.ts'
import type { Slot } from '../../src/release/slot.ts'
import { parseEnv } from '../../src/state/env-file.ts'
import { contradictionsOf, type JournalView, viewJournal } from './journal-view.ts'
import { isFree } from './lock.ts'
import type { Rig } from './rig.ts'
import { containerIfAny, SERVICES, serviceOf } from './rig-acts.ts'

/** What must be the same after a fault as before it. */
export type Before = {
  containers: readonly string[]
  networks: readonly string[]
  volumes: readonly string[]
  /** The lines of the env file that no release writes. */
  settings: ReadonlyMap<string, string>
  generation: number
  /** The newest event of the journal. */
  event: number
}

const LOOK_MS = 250
const LOCK_PATIENCE_MS = 3_000

export async function lookBefore(rig: Rig): Promise<Before> {
  return {
    ...(await things(rig)),
    settings: rig.settings,
    generation: (await routing(rig))?.generation ?? 0,
    event: viewJournal(rig).newestEvent,
  }
}

export const routing = ({ system }: Rig): Promise<RoutingState | null> =>
  readGeneration(join(system.dir, 'nginx/live'))

/** Every way in which the system is not as it should be once a fault is over, in sentences. None is what a cell asks for. */
export async function unsoundness(rig: Rig, before: Before, losesStandby: boolean): Promise<string[]> {
  const journal = viewJournal(rig)
  const { live } = journal
  const state = await routing(rig).catch((cause: Error) => cause.message)
  const found = [
    ...(live ? await servedProblems(rig, journal, live, state) : ['The journal knows no live release.']),
    ...journalProblems(journal, before),
    ...contradictionsOf(rig),
    ...(await thingProblems(rig, before, losesStandby)),
    ...(await envFileProblems(rig, before, live, losesStandby)),
    ...leftovers(rig),
  ]
  if (!(await becomesFree(rig))) found.push('The lock is still held.')
  return found
}

/** Journal, routing on disk, and what nginx serves must name one slot, and the release that started it. */
async function servedProblems(
  rig: Rig,
  journal: JournalView,
  live: Release,
  state: RoutingState | string | null,
): Promise<string[]> {
  if (state === null || typeof state === 'string') return [`There is no good routing: ${state}.`]
  const found: string[] = []
  if (state.live !== live.slot)
    found.push(`The routing leads to ${state.live}, the journal says ${live.slot} (release ${live.id}).`)
  const sinceMs = performance.now()
  await delay(LOOK_MS)
  const expected = await startedRelease(rig, live.slot)
  const served = rig.prober.servedSince(sinceMs)
  if (served.length === 0) found.push('No probe was answered.')
  const wrong = served.find(({ slot, release }) => slot !== live.slot || release !== expected)
  if (wrong)
    found.push(`Visitors get release ${wrong.release} from ${wrong.slot}, not ${expected} from ${live.slot}.`)
  const held = journal.holders[live.slot]
  if (held !== expected)
    found.push(`${live.slot} runs release ${expected}, and the journal says that it holds ${held}.`)
  return found
}

/** What was acknowledged is there, and nothing is under way. */
function journalProblems({ newestEvent, unfinished }: JournalView, before: Before): string[] {
  return [
    ...(newestEvent < before.event ? ['Events that the journal had acknowledged are lost.'] : []),
    ...unfinished.map(({ id }) => `Release ${id} is still under way.`),
  ]
}

/** Nothing is left over, and nothing is gone. */
async function thingProblems(rig: Rig, before: Before, losesStandby: boolean): Promise<string[]> {
  const now = await things(rig)
  const found = (['containers', 'networks', 'volumes'] as const).flatMap((kind) => [
    ...now[kind]
      .filter((name) => !before[kind].includes(name))
      .map((name) => `Left over of ${kind}: ${name}.`),
    ...before[kind]
      .filter((name) => !now[kind].includes(name) && !losesStandby)
      .map((name) => `Gone of ${kind}: ${name}.`),
  ])
  for (const { Id, RepoTags } of await rig.docker.listImages()) {
    if ((RepoTags ?? []).every((tag) => tag === '<none>:<none>')) found.push(`Untagged image: ${Id}.`)
  }
  for (const service of SERVICES) {
    const container = await containerIfAny(rig, service)
    const state = container && (await container.inspect()).State.Status
    if (state !== 'running' && !losesStandby) found.push(`${service} is ${state ?? 'not there'}.`)
  }
  return found
}

/** It holds exactly the string that each slot was started with, the live slot, and every setting as before. */
async function envFileProblems(
  rig: Rig,
  before: Before,
  live: Release | null,
  losesStandby: boolean,
): Promise<string[]> {
  const values = parseEnv(envFile(rig))
  const found: string[] = []
  const expect = (name: string, value: string | undefined): void => {
    if (values.get(name) !== value)
      found.push(`deployment_state.env says ${name}=${values.get(name)}, not ${value}.`)
  }
  expect('LIVE_SLOT', live?.slot)
  for (const slot of ['primary', 'secondary'] as const) {
    const container = await containerIfAny(rig, serviceOf(slot))
    if (!container && losesStandby) continue
    expect(`${slot.toUpperCase()}_IMAGE`, (await container?.inspect())?.Config.Image)
    expect(`${slot.toUpperCase()}_RELEASE`, String(await startedRelease(rig, slot)))
  }
  const changed = [...before.settings].filter(([name, value]) => values.get(name) !== value)
  if (changed.length > 0)
    found.push(`deployment_state.env has lost or changed ${changed.map(([name]) => name).join(', ')}.`)
  return found
}

/** Half-written things must not pile up: what a killed director left is taken up or taken away. */
function leftovers({ system }: Rig): string[] {
  return ['state', 'nginx/live'].flatMap((directory) =>
    readdirSync(join(system.dir, directory))
      .filter((name) => name.endsWith('.by-hand'))
      .map((name) => `Left over: ${directory}/${name}.`),
  )
}

async function becomesFree(rig: Rig): Promise<boolean> {
  const endMs = performance.now() + LOCK_PATIENCE_MS
  while (performance.now() < endMs) {
    if (isFree(rig)) return true
    await delay(50)
  }
  return false
}

async function things({ docker }: Rig): Promise<Pick<Before, 'containers' | 'networks' | 'volumes'>> {
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true }),
    docker.listNetworks(),
    docker.listVolumes(),
  ])
  return {
    containers: containers.map(({ Names }) => Names[0] ?? '?').toSorted(),
    networks: networks.map(({ Name }) => Name).toSorted(),
    volumes: (volumes ?? []).map(({ Name }) => Name).toSorted(),
  }
}

/** The release that the slot's container was started by; null where there is none. */
async function startedRelease(rig: Rig, slot: Slot): Promise<number | null> {
  const container = await containerIfAny(rig, serviceOf(slot))
  const env = (await container?.inspect())?.Config.Env ?? []
  const value = env.find((line) => line.startsWith('SWITCHYARD_RELEASE='))?.split('=')[1]
  return value === undefined ? null : Number(value)
}

const envFile = ({ system }: Rig): string =>
  readFileSync(join(system.dir, 'state/deployment_state.env'), 'utf8')
