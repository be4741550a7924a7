import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { type Disk, loopDisk } from './disk.ts'
import { seeded } from './seeded.ts'
import type { Damage } from './subject.ts'
import { CARELESS, SUBJECTS, subjectNamed } from './subjects.ts'

export type Totals = {
  cuts: number
  /** Writes that had been acknowledged when the power went. */
  acknowledged: number
  bad: number
  lost: number
  /** Of careless writes, which prove that the cuts are real. */
  careless: { cuts: number; damaged: number }
}

export type CutOptions = {
  cuts: number
  seed: number
  /** One subject alone, and no careless ones. */
  only?: string
  log(line: string): void
}

/** What the disk does by itself between syncs. Without `auto_da_alloc` a rename does not bring the file's bytes along. */
const MOUNTS = ['commit=1', 'commit=1,noauto_da_alloc', 'commit=5']
/** Writes without a pause are cut in the middle, with one mostly after they were acknowledged. */
const PAUSES_MS = [0, 40]
const LONGEST_MS = 1_200
const SHARE_FROM_START = 0.25
const CUTS_PER_CARELESS_ONE = 10
const LEAST_CARELESS = 4
const READY_DEADLINE_MS = 20_000

/** Cuts the power of a disk again and again while the product writes to it, and looks each time at what is there. */
export async function runCuts({ cuts, seed, only, log }: CutOptions): Promise<Totals> {
  const random = seeded(seed)
  const disk = loopDisk()
  const totals: Totals = { cuts: 0, acknowledged: 0, bad: 0, lost: 0, careless: { cuts: 0, damaged: 0 } }
  const oneCut = (name: string, number: number): Promise<Outcome> => {
    const mount = MOUNTS[Math.floor(random() * MOUNTS.length)] ?? 'commit=1'
    const pauseMs = PAUSES_MS[Math.floor(random() * PAUSES_MS.length)] ?? 0
    const isFromStart = random() < SHARE_FROM_START
    return cutOnce(disk, { name, number, mount, pauseMs, isFromStart, afterMs: random() * LONGEST_MS })
  }
  try {
    await prepareAll(disk)
    const names = only === undefined ? Object.keys(SUBJECTS) : [only]
    for (; totals.cuts < cuts; totals.cuts++) {
      const { words, damage, told } = await oneCut(names[totals.cuts % names.length] ?? '', totals.cuts + 1)
      totals.acknowledged += words
      for (const { kind, words: what } of damage) {
        totals[kind] += 1
        log(`${told}: ${kind}: ${what}`)
      }
    }
    const careless = Object.keys(CARELESS)
    const share = Math.max(LEAST_CARELESS, Math.round(cuts / CUTS_PER_CARELESS_ONE))
    const wanted = only === undefined ? share : 0
    for (; totals.careless.cuts < wanted; totals.careless.cuts++) {
      const name = careless[totals.careless.cuts % careless.length] ?? ''
      const { damage } = await oneCut(name, totals.careless.cuts + 1)
      if (damage.length > 0) totals.careless.damaged += 1
    }
    return totals
  } finally {
    await disk.remove()
  }
}

/** Null where all is well: nothing of ours bad or lost, and most of what was written carelessly. */
export function verdict({ cuts, bad, lost, careless }: Totals): string | null {
  if (bad + lost > 0) return `Of ${cuts} power cuts, some left state that was bad (${bad}) or lost (${lost}).`
  if (careless.cuts === 0 || careless.damaged * 2 > careless.cuts) return null
  return `The cuts prove nothing: careless writes were damaged by ${careless.damaged} of ${careless.cuts}.`
}

type Cut = {
  name: string
  number: number
  mount: string
  pauseMs: number
  /** Of a file that is just being made, or else counted from the first word. */
  isFromStart: boolean
  afterMs: number
}

type Outcome = { words: number; damage: Damage[]; told: string }

const rootOf = (disk: Disk, name: string): string => join(disk.root, name)

async function prepareAll(disk: Disk): Promise<void> {
  disk.mount('commit=1')
  for (const name of Object.keys({ ...SUBJECTS, ...CARELESS })) await prepare(disk, name)
  await disk.unmount()
}

async function prepare(disk: Disk, name: string): Promise<void> {
  const root = rootOf(disk, name)
  rmSync(root, { recursive: true, force: true })
  mkdirSync(root)
  await subjectNamed(name).prepare(root)
}

async function cutOnce(disk: Disk, cut: Cut): Promise<Outcome> {
  const { name, number, mount, pauseMs, afterMs } = cut
  const told = `cut ${number} (${name}, ${mount}, pause ${pauseMs} ms, after ${Math.round(afterMs)} ms)`
  disk.mount(mount)
  const { words, end } = await writeUntilCut(disk, cut)
  await disk.unmount()
  disk.mount(mount)
  const damage = await subjectNamed(name).check(rootOf(disk, name), words)
  if (end !== null) damage.push({ kind: 'bad', words: `the writer ended before the cut: ${end}` })
  // The next cut is to find its own damage.
  if (damage.length > 0) await prepare(disk, name)
  await disk.unmount()
  return { words: words.length, damage, told }
}

/** Answers with what the writer had acknowledged when it was over, and why it ended where the cut was not the cause. */
async function writeUntilCut(
  disk: Disk,
  { name, pauseMs, isFromStart, afterMs }: Cut,
): Promise<{ words: unknown[]; end: string | null }> {
  const argv = [join(import.meta.dirname, 'writer.ts'), name, rootOf(disk, name), String(pauseMs)]
  // A group of its own, since a script has children of its own.
  const writer = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const stderr: Buffer[] = []
  writer.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  const lines: string[] = []
  const begun = Promise.withResolvers<void>()
  createInterface({ input: writer.stdout }).on('line', (line) => {
    if (line !== 'ready') lines.push(line)
    if (line === 'ready' ? isFromStart : lines.length > 0) begun.resolve()
  })
  const closed = once(writer, 'close')
  const cut = await disk.arm()
  const late = delay(READY_DEADLINE_MS, undefined, { ref: false })
  await Promise.race([begun.promise, closed, late])
  await Promise.race([delay(afterMs), closed])
  const isEnded = writer.exitCode !== null
  const onAtNs = await cut()
  killGroup(writer.pid)
  await closed
  return { words: wordsBefore(onAtNs, lines), end: isEnded ? Buffer.concat(stderr).toString() : null }
}

/**
 * A sync that is under way when the file system is shut down may be told that all is well, when the journal's thread has put
 * away the transaction that was never written. With the power off nobody would hear of it.
 */
function wordsBefore(onAtNs: bigint, lines: readonly string[]): unknown[] {
  return lines.flatMap((line): unknown[] => {
    const [at = '', ...word] = line.split(' ')
    return BigInt(at) < onAtNs ? [JSON.parse(word.join(' '))] : []
  })
}

/** A writer mostly ends by itself when it can't write any more. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause
  }
}
